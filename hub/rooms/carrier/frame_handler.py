"""Frames that arrive on sockets that carry many rooms: passed on to the room that they name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from weakref import WeakValueDictionary

from hub.errors import Problem
from hub.rooms import frame_handler, protocol, rate_limiter
from hub.rooms.carrier import frames
from hub.rooms.carrier.connection import CarriedConnection, Carrier, Membership
from hub.rooms.carrier.frames import Join
from hub.rooms.carrier.label import NUMBER_BYTES, Label
from hub.rooms.dialect import Frame
from hub.rooms.frame_handler import FrameHandler
from hub.rooms.protocol import Close, Malformed
from hub.rooms.rate_limiter import TooFast
from hub.rooms.room import Room
from hub.support import ws_frames

MAX_ROOMS = 200  # on a socket

logger = logging.getLogger(__name__)

Admit = Callable[[Membership], Awaitable[CarriedConnection]]
BringIn = Callable[[CarriedConnection, int | None], Awaitable[Room | None]]


class CarrierFrameHandler:
    """Called by both transports with the messages that arrived.

    A frame that breaks a room's rules ends the membership in that room alone; one that belongs to no room
    closes the socket. ``admit`` raises a `Problem`, of which ``refusal`` makes a close code and a reason;
    ``bring_in`` returns the room once the connection is live there, None if it was closed before.
    """

    def __init__(
        self,
        handler: FrameHandler,
        *,
        admit: Admit,
        bring_in: BringIn,
        refusal: Callable[[Problem], tuple[Close, str]],
    ) -> None:
        self._handler = handler
        self._admit = admit
        self._bring_in = bring_in
        self._refusal = refusal
        self._labels: WeakValueDictionary[str, Label] = WeakValueDictionary()

    def handle(self, carrier: Carrier, messages: Iterable[tuple[bytes, bool]]) -> None:
        """Each of ``messages`` is a payload and whether it is text; reading them may raise `Malformed` or
        `TooFast`."""
        try:
            for message, text in messages:
                if carrier.closed:
                    return
                if text:
                    self._handle(carrier, protocol.read(message), len(message))
                else:
                    self._handle_binary(carrier, message)
        except Malformed as bad:
            carrier.close_with(Close.MALFORMED, str(bad))
        except TooFast as fast:
            carrier.close_with(Close.TOO_FAST, str(fast))
        except Exception:
            logger.exception("a frame of %s could not be handled", carrier.person.id)
            carrier.close_with(Close.ERROR, "instance error")

    def _handle(self, carrier: Carrier, frame: dict[str, Any], size: int) -> None:
        if frame == {"type": "ping"}:
            return carrier.put(frame_handler.PONG)
        if frame.get("type") == "pong":
            return  # it names a room; the ping did not
        name = frames.name(frame)
        membership = carrier.memberships.get(name)
        try:
            match frame.get("type"):
                case "join":
                    self._join(carrier, name, frames.join(frame))
                case "leave":
                    frames.check_leave(frame)
                    self._end(carrier, name, membership, frames.LEFT, "left")
                case _ if membership is None:
                    carrier.send(frames.not_joined(name, frame))
                case _:
                    self._pass_on(membership, frame, size, text=True)
        except Malformed as bad:
            self._end(carrier, name, membership, Close.MALFORMED, str(bad))

    def _handle_binary(self, carrier: Carrier, message: bytes) -> None:
        if len(message) < NUMBER_BYTES:
            raise Malformed(f"A binary frame here begins with a room's number, in {NUMBER_BYTES} bytes.")
        membership = carrier.by_number.get(int.from_bytes(message[:NUMBER_BYTES], "big"))
        if membership is not None:  # else it was on its way when the membership ended
            self._pass_on(membership, message[NUMBER_BYTES:], len(message), text=False)

    def _join(self, carrier: Carrier, room: str, join: Join) -> None:
        name = join.alias or room
        if (membership := carrier.memberships.get(name)) is not None:
            detail = "This socket carries the room already: leave it to join it anew."
            error = protocol.error(None, "already-joined", detail)
            return membership.put(ws_frames.text(error))
        if len(carrier.memberships) >= MAX_ROOMS:
            detail = f"A socket carries at most {MAX_ROOMS} rooms: leave one, or open another socket."
            return self._end(carrier, name, None, Close.TOO_FAST, detail)
        if not carrier.limiter.acquire(rate_limiter.JOINS):
            detail = f"At most {rate_limiter.JOINS_PER_S:g} rooms are joined a second: go slower."
            return self._end(carrier, name, None, Close.TOO_FAST, detail)
        label = self._labels.get(name)
        if label is None:
            label = self._labels[name] = Label(name)
        task = asyncio.create_task(self._begin(carrier.join(room, label, join.after)))
        carrier.tasks.add(task)
        task.add_done_callback(carrier.tasks.discard)

    async def _begin(self, membership: Membership) -> None:
        try:
            connection = await self._admit(membership)
        except Problem as problem:
            code, detail = self._refusal(problem)
            return membership.end(code.name.lower(), Frame(ws_frames.closing(code, detail)))
        membership.connection = connection
        membership.carrier.list_topics()
        room = await self._bring_in(connection, membership.after)
        if room is None or membership.over:
            return
        membership.room = room
        early, membership.early = membership.early, []
        self._handler.handle(room, connection, early)

    def _pass_on(
        self, membership: Membership, message: bytes | dict[str, Any], size: int, *, text: bool
    ) -> None:
        if membership.room is not None and membership.connection is not None:
            return self._handler.handle(membership.room, membership.connection, [(message, text)])
        membership.early.append((message, text))
        membership.early_bytes += max(size, rate_limiter.READ_BYTES)
        if membership.early_bytes > membership.carrier.mailbox_bytes:
            detail = "Too much was sent before the room was entered: go slower."
            membership.end("too_fast", Frame(ws_frames.closing(Close.TOO_FAST, detail)))

    def _end(
        self, carrier: Carrier, name: str, membership: Membership | None, code: int, reason: str
    ) -> None:
        """End a membership, or refuse one."""
        if membership is None:
            return carrier.send(frames.left(name, code, reason))
        word = Close(code).name.lower() if code != frames.LEFT else "left"
        membership.end(word, Frame(ws_frames.closing(code, reason)))
