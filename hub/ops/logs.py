"""Log records as JSON, one object per line.

Of a record's `extra` only the fields listed here are written, so that no body, token or query string is
logged by accident.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

EXTRA_FIELDS = (
    "connection",
    "person",
    "endpoint",
    "topics",
    "topic",
    "address",
    "reason",
    "seconds",
    "status",
)


class JsonFormatter(logging.Formatter):
    """Used by `HUB_LOG_FORMAT=json`."""

    def __init__(self, instance: str) -> None:
        super().__init__()
        self._instance = instance

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "instance": self._instance,
            "text": record.getMessage(),
        }
        fields |= {name: record.__dict__[name] for name in EXTRA_FIELDS if name in record.__dict__}
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str, ensure_ascii=False)
