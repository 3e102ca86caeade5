"""Reads of the log that readers of the same topics share."""
