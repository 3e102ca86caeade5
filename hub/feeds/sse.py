"""Server-sent events (WHATWG HTML, 9.2.6), in chunks of HTTP/1.1 (RFC 9112, 7.1) on sockets of ours."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from hub.events import Encoded, Event, encode

RETRY_MS = (1000, 4000)  # a client that lost its feed comes back after a random time within these


def retry_ms() -> int:
    return random.randint(*RETRY_MS)  # noqa: S311


def control(type: str, data: Any, *, id: int | None = None) -> Encoded:
    """A control event of one feed. It is not in the log, so it has an id only to repeat a position."""
    head = b"" if id is None else b"id: %d\n" % id
    return chunked(head + b"event: %s\ndata: %s\n\n" % (type.encode(), encode(data)))


def opening(topics: Sequence[str], facts: dict[str, Any], position: int, resumed: bool) -> bytes:
    """The first event of a feed; ``facts`` are added to its data."""
    data = {"position": str(position), "topics": list(topics), "resumed": resumed, **facts}
    return control("stream-open", data, id=position).payload


def changed(topics: Sequence[str], position: int) -> Encoded:
    """A feed has these topics from here on."""
    return control("stream-topics", {"topics": topics}, id=position)


def chunk(payload: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(payload), payload)


@lru_cache(maxsize=1)
def unframed(chunk: bytes) -> bytes:
    """The payload of a chunk, found once for all who are sent it."""
    return chunk[chunk.index(b"\n") + 1 : -len(b"\r\n")]


def chunked(payload: bytes) -> Encoded:
    # A chunk of no bytes would be the last.
    return Encoded(payload, chunk(payload) if payload else b"")


class Sse:
    """The dialect of feeds."""

    live = control("stream-live", {})
    degraded = control("stream-degraded", {"reason": "log"})
    heartbeat = chunked(b": heartbeat\n")  # a blank line after it would be an empty message to some clients
    slow = control("stream-error", {"reason": "slow", "retry": True})
    expired = control("stream-error", {"reason": "expired", "retry": False})
    end = b"0\r\n\r\n"  # the last chunk

    def event(self, event: Event) -> Encoded:
        # An event's body has no line break.
        return chunked(b"id: %d\nevent: %s\ndata: %s\n\n" % (event.position, event.type.encode(), event.body))

    def frame(self, payload: bytes) -> bytes:
        return chunk(payload)

    def resume(self, position: int) -> Encoded:
        # Not an id alone, which some clients drop and others make an empty message of.
        return control("stream-position", {"position": str(position)}, id=position)

    def reset(self, topics: Sequence[str], position: int, reason: str) -> Encoded:
        return control("stream-reset", {"topics": topics, "reason": reason, "position": str(position)})

    def revoked(self, *, retry: bool) -> Encoded:
        return control("stream-error", {"reason": "revoked", "retry": retry})

    def retired(self) -> Encoded:
        return control("retire", {"retry": retry_ms()})


class PollSse(Sse):
    """The dialect of feeds that are polled: the answer has no heartbeats, and states the log's state once."""

    live = degraded = heartbeat = Encoded(b"", b"")


SSE = Sse()
POLL = PollSse()
