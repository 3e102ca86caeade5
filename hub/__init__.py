"""The engine and the process: topics, events, the log, fan-out, and the endpoints. No ORM models.

What a project imports from it is here; it is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_MODULES = {
    "BadEvent": "events",
    "BadProgress": "jobs.progress",
    "BadTopic": "topics",
    "Kind": "rooms.kinds",
    "LogAway": "log",
    "LogHandler": "jobs.log_handler",
    "Problem": "errors",
    "Progress": "jobs.progress",
    "RateExceeded": "log",
    "Refused": "rooms.kinds",
    "Say": "rooms.protocol",
    "apublish": "publication",
    "apublish_html": "publication",
    "progress": "jobs.progress",
    "publish": "publication",
    "publish_html": "publication",
    "register": "rooms.kinds",
}
__all__ = [*_MODULES]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
