"""The WebSocket door: shake hands, authorise, take the socket, replay, hold, live.

Like a feed's, a room's connection holds no thread, no database connection and, once it is live, no
coroutine. Daphne reads the request; from the handshake on the socket is ours.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from hub import events, topics
from hub.delivery.catch_up import CatchUp
from hub.delivery.endpoint import Endpoint, EndpointOptions
from hub.delivery.fanout import Fanout
from hub.delivery.limits import ConnectionLimits
from hub.delivery.sockets import ClientSocket
from hub.errors import Problem
from hub.events import Event
from hub.log.replay import Replay
from hub.ports import Application
from hub.rooms import protocol, rate_limiter
from hub.rooms.connection import Member
from hub.rooms.dialect import Frame
from hub.rooms.handshake import Handshake
from hub.rooms.kinds import Refused
from hub.rooms.protocol import Close, Malformed, Ping, Say, Signal
from hub.rooms.rate_limiter import Limiters, Rates, TooFast
from hub.rooms.registry import Lobby
from hub.rooms.room import Room
from hub.support import origins, outages, ws_frames
from hub.support.asgi import Receive, Scope, Send, respond_problem

PONG = Frame(ws_frames.text(protocol.pong()))

Take = Callable[[int, Callable[[], None]], ClientSocket | None]

logger = logging.getLogger(__name__)


class Rooms(Endpoint[Handshake, Member]):
    """The room endpoint, an ASGI application."""

    kind = "room"

    def __init__(
        self,
        fanout: Fanout,
        limits: ConnectionLimits,
        options: EndpointOptions,
        *,
        replay: Replay,
        lobby: Lobby,
        application: Application,
        rates: Rates,
    ) -> None:
        super().__init__(fanout, limits, options)
        self._replay = replay
        self._lobby = lobby
        self._application = application
        self._limiters = Limiters(rates)
        fanout.taps.append(self._tap)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        take = scope.get("extensions", {}).get("hub.take")
        try:
            handshake = Handshake(scope, self.options.hosts, self.options.origins, tls=self.options.tls)
            if take is None:
                raise Problem(403, "This server gives no sockets away: rooms need manage.py serve.")
        except Problem as problem:
            origins.report_refused(self._application, problem, scope)
            return await respond_problem(send, problem)
        try:
            member = await self.admit(handshake)
        except Problem as problem:
            return self._refuse(take, handshake, problem)
        except Exception as error:
            return self._refuse(take, handshake, outages.problem(error, "letting a member in"))
        socket: ClientSocket | None = take(self.options.mailbox_bytes, partial(self.release, member))
        if socket is None:
            return self.release(member)
        socket.write(handshake.answer)
        member.attach(socket)
        await self._bring_in(member, socket, handshake.after)

    @property
    def rooms(self) -> int:
        """How many are open here."""
        return len(self._lobby.rooms)

    async def run(self) -> None:
        await asyncio.gather(super().run(), self._lobby.run(), self._limiters.run())

    def _refuse(self, take: Take, handshake: Handshake, problem: Problem) -> None:
        """On the open socket: a browser cannot read the status of a refused handshake."""
        socket = take(self.options.mailbox_bytes, _nothing)
        if socket is not None:
            socket.write(handshake.answer)
            code = Close.RETIRE if self.draining else protocol.code_of(problem.status)
            socket.close(ws_frames.closing(code, problem.detail))

    async def _authorize(self, handshake: Handshake) -> Member:
        if handshake.problem is not None:
            raise handshake.problem
        entry = await self._application.enter(handshake.credentials, handshake.name)
        return Member(
            entry,
            address=handshake.address,
            mailbox_bytes=self.options.mailbox_bytes,
            heartbeat_s=self.options.heartbeat_s,
        )

    async def admit(self, handshake: Handshake) -> Member:
        member = await super().admit(handshake)
        member.limiter = self._limiters.enter(member.person.id)
        return member

    def release(self, member: Member) -> None:
        super().release(member)
        self._limiters.leave(member.person.id)
        self._lobby.leave(member)

    async def _bring_in(self, member: Member, socket: ClientSocket, after: int | None) -> None:
        try:
            room = await self._lobby.enter(member, member.entry, member.write)
            member.since = room.begins if after is None else after
            opening = partial(self._welcome, room, member)
            await CatchUp(
                self._fanout,
                self._replay,
                member,
                after=member.since,
                opening=opening,
                write=member.write,
            ).run()
        except Exception:
            logger.exception("%s could not be brought into %s", member.person.id, member.topics)
            return member.end(Close.ERROR, "instance error")
        if not member.closed:
            for frame in await self._lobby.lasting(room):
                member.put(frame)
            socket.receive(partial(self._heard, room, member))

    def _welcome(self, room: Room, member: Member, position: int, resumed: bool) -> bytes:
        count = len(room.people)
        welcome = protocol.welcome(room.name, room.topic, member.who, position, room.shown, count)
        return ws_frames.text(welcome)

    def _heard(self, room: Room, member: Member, data: bytes) -> None:
        try:
            for message, text in member.hear(data):
                if member.closed:
                    return
                self._take(room, member, message, text)
        except Malformed as bad:
            member.end(Close.MALFORMED, str(bad))
        except TooFast as fast:
            member.end(Close.TOO_FAST, str(fast))
        except Exception:
            logger.exception("what %s sent into %s could not be taken", member.person.id, room.name)
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

    def _tap(self, event: Event) -> None:
        if topics.is_room(event.topic):
            self._lobby.heard(event)


def _nothing() -> None:
    pass
