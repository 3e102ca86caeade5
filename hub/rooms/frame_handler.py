"""Frames that connections send into rooms: parsed, counted against the sender's rates, and acted upon."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from hub import events
from hub.rooms import protocol, rate_limiter
from hub.rooms.connection import Member
from hub.rooms.dialect import Frame
from hub.rooms.kinds import Refused
from hub.rooms.protocol import Close, Malformed, Ping, Say, Signal
from hub.rooms.rate_limiter import TooFast
from hub.rooms.registry import Lobby
from hub.rooms.room import Room
from hub.support import ws_frames

PONG = Frame(ws_frames.text(protocol.pong()))

logger = logging.getLogger(__name__)


class FrameHandler:
    """Called by both transports with the messages that arrived; closes a connection that breaks the rules."""

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby

    def handle(self, room: Room, member: Member, messages: Iterable[tuple[bytes, bool]]) -> None:
        """Each of ``messages`` is a payload and whether it is text; reading them may raise `Malformed` or
        `TooFast`."""
        try:
            for message, text in messages:
                if member.closed:
                    return
                self._take(room, member, message, text)
        except Malformed as bad:
            member.end(Close.MALFORMED, str(bad))
        except TooFast as fast:
            member.end(Close.TOO_FAST, str(fast))
        except Exception:
            logger.exception("a frame of %s in %s could not be handled", member.person.id, room.name)
            member.end(Close.ERROR, "instance error")

    def _take(self, room: Room, member: Member, message: bytes, text: bool) -> None:
        if not text:
            if not room.kind.binary:
                raise Malformed("Binary frames are for rooms of kind binary: send JSON as text.")
            # Too many are not told: of signals only the latest counts.
            if member.limiter.take(rate_limiter.SIGNALS):
                self._relay(room, member, "", message, len(message))
            return
        frame: Any = protocol.parse(message)
        if isinstance(frame, Ping):
            return member.put(PONG)
        if isinstance(frame, Say):
            member.limiter.spend(rate_limiter.LINES)
            return room.say(member, frame)
        if member.limiter.take(rate_limiter.SIGNALS):
            self._signal(room, member, frame)

    def _signal(self, room: Room, member: Member, frame: Signal) -> None:
        try:
            room.judge(member, frame)
        except Refused as refused:
            return member.tell(protocol.error("", refused.reason, refused.detail))
        self._relay(room, member, frame.name, frame.body, len(events.encode(frame.body)))

    def _relay(self, room: Room, member: Member, name: str, body: Any, size: int) -> None:
        """``size`` is in bytes, as the others will be told it."""
        most = room.kind.max_signal
        if size > most:
            why = f"A signal takes at most {most} bytes here: this one is {size}."
            return member.tell(protocol.error("", "too-large", why))
        if member.limiter.take(rate_limiter.SIGNAL_BYTES, size):
            self._lobby.signal(member, name, body)
