"""Log lines as JSON: one object a line. What is said is said in `extra`, by these names and no others,
so that no body, token or query string gets into a log by being at hand."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

# What a record may bear besides its text.
EXTRA = (
    "connection",
    "person",
    "endpoint",
    "topics",
    "topic",
    "notification",
    "address",
    "reason",
    "seconds",
    "status",
)


class Json(logging.Formatter):
    def __init__(self, instance: str) -> None:
        super().__init__()
        self._instance = instance

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "instance": self._instance,
            "text": record.getMessage(),
        }
        said |= {name: record.__dict__[name] for name in EXTRA if name in record.__dict__}
        if record.exc_info:
            said["trace"] = self.formatException(record.exc_info)
        return json.dumps(said, default=str, ensure_ascii=False)
