"""What the Python drivers print of a client's messages."""

from __future__ import annotations

import json
from typing import Any

from hub_client import (
    Degraded,
    Event,
    FeedEnded,
    Forbidden,
    HubError,
    Live,
    Message,
    Reconnecting,
    Reset,
    Topics,
    Unauthorized,
)


def report(message: Message) -> None:
    match message:
        case Event(id, type, topic, data):
            write({"event": {"id": id, "type": type, "topic": topic, "data": data}})
        case Reset(topics, reason):
            write({"reset": {"topics": topics, "reason": reason}})
        case Topics(topics):
            write({"topics": topics})
        case Live():
            write({"state": "live"})
        case Degraded():
            write({"state": "degraded"})
        case Reconnecting():
            write({"state": "reconnecting"})


def failure(error: HubError) -> None:
    match error:
        case FeedEnded():
            reason = error.reason
        case Unauthorized():
            reason = "unauthorized"
        case Forbidden():
            reason = "forbidden"
        case _:
            reason = str(error)
    write({"error": {"reason": reason}})


def write(value: Any) -> None:
    print(json.dumps(value), flush=True)
