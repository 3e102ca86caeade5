"""The engine and the process: topics, events, the log, fan-out, and the endpoints. No ORM models."""

__version__ = "0.1.0"
