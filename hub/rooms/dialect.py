"""The dialect of rooms: JSON in WebSocket frames."""

from __future__ import annotations

from collections.abc import Sequence

from hub import topics
from hub.events import Encoded, Event
from hub.rooms import protocol
from hub.rooms.binary.frames import Relayed
from hub.rooms.protocol import Close
from hub.support import ws_frames


class Frame(Encoded):
    """One or more whole frames, the same by any transport."""

    __slots__ = ()

    def __init__(self, frame: bytes) -> None:
        self.payload = self.framed = frame


class RoomDialect:
    """The dialect of rooms. A close frame ends the connection, so nothing follows it."""

    live = Frame(ws_frames.text(protocol.live()))
    degraded = Frame(ws_frames.text(protocol.degraded()))
    heartbeat = Frame(ws_frames.PING)
    slow = Frame(ws_frames.closing(Close.SLOW, "slow"))
    expired = Frame(ws_frames.closing(Close.EXPIRED, "expired"))
    end = b""

    def event(self, event: Event) -> Encoded:
        if topics.is_binary(event.topic):
            return Relayed(event)
        # Its body is an object, without a type and a position of its own.
        head = b'{"type":"%s","position":"%d",' % (event.type.encode(), event.position)
        return Frame(ws_frames.text(head + event.body[1:]))

    def frame(self, payload: bytes) -> bytes:
        return payload

    def resume(self, position: int) -> Frame:
        return Frame(b"")  # no room keeps values

    def reset(self, topics: Sequence[str], position: int, reason: str) -> Frame:
        return Frame(ws_frames.text(protocol.reset(reason)))

    def revoked(self, *, retry: bool) -> Frame:
        return Frame(ws_frames.closing(Close.REVOKED if retry else Close.UNAUTHORIZED, "revoked"))

    def retired(self) -> Frame:
        return Frame(ws_frames.closing(Close.RETIRE, "this instance leaves"))


ROOM_DIALECT = RoomDialect()
