"""The hub's own format: each event under its type, with the position as its id."""

from __future__ import annotations

from hub import events
from notifications.runs.formats.events import RunEvent


class NativeFormat:
    """Server-sent events that a native EventSource resumes."""

    headers: tuple[tuple[bytes, bytes], ...] = ()

    def __init__(self, run: str) -> None:
        pass

    def encode(self, event: RunEvent) -> bytes:
        return sse(events.encode(event.data), event.type, event.id)

    def end(self) -> bytes:
        return b""


def sse(data: bytes, type: str = "", id: str = "") -> bytes:
    """One event of a stream, whose data are on one line."""
    head = (b"id: %b\n" % id.encode() if id else b"") + (b"event: %b\n" % type.encode() if type else b"")
    return b"%bdata: %b\n\n" % (head, data)
