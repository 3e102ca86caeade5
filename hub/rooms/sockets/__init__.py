"""What WebSockets of people have in common: the handshake, and their endpoint."""
