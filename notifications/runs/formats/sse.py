"""The hub's own format: each event under its type, with the position as its id."""

from __future__ import annotations

from functools import lru_cache

from hub import events
from hub.feeds import sse as feed
from notifications.runs.formats.events import MAX_SHARED, RunEvent, sse

_TOKEN = b"\nevent: token\ndata: "
_END = b"\n\n\r\n"


class NativeFormat:
    """Server-sent events that a native EventSource resumes; of each event the same for all readers."""

    headers: tuple[tuple[bytes, bytes], ...] = ()
    resumable = True

    def __init__(self, run: str) -> None:
        pass

    def encode(self, event: RunEvent) -> bytes:
        return sse(event.raw, event.type, event.id)

    def token(self, chunk: bytes) -> bytes | None:
        return _token(chunk)

    def end(self) -> bytes:
        return b""


@lru_cache(MAX_SHARED)
def _token(chunk: bytes) -> bytes | None:
    found = chunk.find(_TOKEN)
    data = found + len(_TOKEN)
    start = chunk.find(b"\n") + 1
    # A block before it, or one behind it, is another event.
    if found < 0 or b"\n" in chunk[start:found] or chunk.find(b"\n", data) != len(chunk) - len(_END):
        return None
    head = chunk[start:data]
    return feed.chunk(b"%b%b\n\n" % (head, events.raw_data(chunk[data : -len(_END)])))
