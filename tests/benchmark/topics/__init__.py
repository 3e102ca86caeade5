"""Scenarios of live topics that have a policy."""
