"""The engine and the process: topics, events, the log, the fan-out and its doors. No ORM models."""
