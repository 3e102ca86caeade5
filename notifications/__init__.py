"""The application: notifications, inboxes, rooms and rights, served by `hub` through `application`.

What a project imports from it is here; it is loaded when it is first used, for models need Django's apps.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_MODULES = {
    "BadNotification": "sending.errors",
    "RunStopped": "runs.writer",
    "anotify": "sending.notify",
    "arecall": "sending.recalls",
    "arun": "runs.producer",
    "notification_read": "models.signals",
    "notification_recalled": "models.signals",
    "notification_sent": "models.signals",
    "notify": "sending.notify",
    "recall": "sending.recalls",
    "run": "runs.producer",
    "segment": "sending.segments",
    "subscribe": "inbox.subscriptions",
    "unsubscribe": "inbox.subscriptions",
}
__all__ = [*_MODULES]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
