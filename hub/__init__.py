"""The engine and the process: topics, events, the log, the fan-out and its doors. No ORM models."""

__version__ = "0.1.0"
