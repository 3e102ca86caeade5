"""What people read, and who may read it. An ordinary Django app that never knows how it travels."""
