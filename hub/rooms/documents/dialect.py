"""The dialect of documents: y-websocket's messages in binary WebSocket frames."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence

from hub.events import BadEvent, Draft, Event
from hub.log.entries import UPDATE
from hub.rooms.dialect import Frame
from hub.rooms.documents import protocol
from hub.rooms.protocol import Close
from hub.support import ws_frames

# Providers give a connection up that brings no message for 30 s, whatever pings it has. This says nothing.
_NOTHING = protocol.awareness_frame(protocol.encode_states(()))


def draft(topic: str, update: bytes) -> Draft:
    """The event that changes a document."""
    return Draft(topic, UPDATE, b'{"update":"%s"}' % base64.b64encode(update))


def update(event: Event) -> bytes:
    """The update of Yjs in an event. Raises `BadEvent`."""
    try:
        return base64.b64decode(json.loads(event.body)["update"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise BadEvent("The event of a document has an update in Base64.") from None


class DocumentDialect:
    """The dialect of documents. ``on_reset`` is called with the topics of which the log lost something."""

    live = degraded = Frame(_NOTHING)
    heartbeat = Frame(ws_frames.PING + _NOTHING)
    slow = Frame(ws_frames.closing(Close.SLOW, "slow"))
    expired = Frame(ws_frames.closing(Close.EXPIRED, "expired"))
    end = b""

    def __init__(self, on_reset: Callable[[Sequence[str]], None]) -> None:
        self._on_reset = on_reset

    def event(self, event: Event) -> Frame:
        return Frame(protocol.update_frame(update(event)) if event.type == UPDATE else b"")

    def frame(self, payload: bytes) -> bytes:
        return payload

    def resume(self, position: int) -> Frame:
        return Frame(b"")  # no document keeps values

    def reset(self, topics: Sequence[str], position: int, reason: str) -> Frame:
        # A client that comes back sends what the hub lacks, and is sent what it lacks itself.
        self._on_reset(topics)
        return Frame(ws_frames.closing(Close.RETIRE, "the log lost something: come back, and sync"))

    def revoked(self, *, retry: bool) -> Frame:
        return closing(Close.REVOKED if retry else Close.UNAUTHORIZED, "revoked")

    def retired(self) -> Frame:
        return Frame(ws_frames.closing(Close.RETIRE, "this instance leaves"))


def closing(code: Close, detail: str) -> Frame:
    """Why a connection is refused or closed, in the words of the protocol, and the close frame."""
    return Frame(protocol.denied_frame(detail) + ws_frames.closing(code, detail))
