"""Policies of live topics: their rows, how an instance keeps up with them, and whom their audiences name."""
