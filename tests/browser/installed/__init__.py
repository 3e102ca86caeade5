"""A project of somebody else, into which the hub is installed as a wheel."""
