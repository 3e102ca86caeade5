"""Runs of agents: a durable stream in the log, a row that stays, and a stop that reaches the producer."""
