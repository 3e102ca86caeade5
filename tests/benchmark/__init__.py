"""What an event, a connection and a publish cost: the hub beside the plain stack and the C limit."""
