"""Frames that connections send into rooms: parsed, counted against the sender's rates, and acted upon."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from hub import events
from hub.rooms import protocol, rate_limiter
from hub.rooms.binary import stream
from hub.rooms.connection import RoomConnection
from hub.rooms.dialect import Frame
from hub.rooms.kinds import Refused
from hub.rooms.protocol import Change, Close, Malformed, Ping, Say, Signal
from hub.rooms.rate_limiter import TooFast
from hub.rooms.registry import RoomRegistry
from hub.rooms.room import Room
from hub.support import ws_frames

PONG = Frame(ws_frames.text(protocol.pong()))

logger = logging.getLogger(__name__)


class FrameHandler:
    """Called by both transports with the messages that arrived; closes a connection that breaks the rules."""

    def __init__(self, registry: RoomRegistry) -> None:
        self._registry = registry

    def handle(
        self,
        room: Room,
        connection: RoomConnection,
        messages: Iterable[tuple[bytes | dict[str, Any], bool]],
    ) -> None:
        """Each of ``messages`` is a payload, or the object that was read of one, and whether it is text;
        reading them may raise `Malformed` or `TooFast`."""
        try:
            for message, text in messages:
                if connection.closed:
                    return
                self._handle(room, connection, message, text)
        except Malformed as bad:
            connection.close_with(Close.MALFORMED, str(bad))
        except TooFast as fast:
            connection.close_with(Close.TOO_FAST, str(fast))
        except Exception:
            logger.exception("a frame of %s in %s could not be handled", connection.person.id, room.name)
            connection.close_with(Close.ERROR, "instance error")

    def _handle(
        self, room: Room, connection: RoomConnection, message: bytes | dict[str, Any], text: bool
    ) -> None:
        limiter = connection.limiter
        if not text and isinstance(message, bytes):
            return connection.send_binary(message)
        read = message if isinstance(message, dict) else protocol.read(message)
        if given := stream.parse(read):
            return connection.resume_stream(given)
        frame: Any = protocol.parse(read)
        if isinstance(frame, Ping):
            return connection.put(PONG)
        if isinstance(frame, Say | Change):
            limiter.consume(rate_limiter.MESSAGES)
            return room.publish(connection, frame)
        if limiter.acquire(rate_limiter.SIGNALS):
            self._signal(room, connection, frame)

    def _signal(self, room: Room, connection: RoomConnection, frame: Signal) -> None:
        try:
            room.validate(connection, frame)
        except Refused as refused:
            return connection.send(protocol.error(None, refused.reason, refused.detail))
        self._relay(room, connection, frame.name, frame.body, len(events.encode(frame.body)))

    def _relay(self, room: Room, connection: RoomConnection, name: str, body: Any, size: int) -> None:
        """``size`` is in bytes, as the others receive it."""
        limit = room.kind.max_signal
        if size > limit:
            detail = f"A signal takes at most {limit} bytes here: this one is {size}."
            return connection.send(protocol.error(None, "too-large", detail))
        if connection.limiter.acquire(rate_limiter.SIGNAL_BYTES, size):
            self._registry.send_signal(connection, name, body)
