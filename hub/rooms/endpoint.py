"""The WebSocket door: shake hands, authorise, take the socket, replay, hold, live.

Like a feed's, a room's connection holds no thread, no database connection and, once it is live, no
coroutine. Daphne reads the request; from the handshake on the socket is ours.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from hub import events, topics
from hub.delivery.catchup import CatchUp
from hub.delivery.drain import drain
from hub.delivery.fanout import Fanout
from hub.delivery.heartbeat import Wheel
from hub.delivery.limits import Caps
from hub.delivery.sockets import Wire
from hub.errors import Problem
from hub.events import Event, Frame
from hub.feeds.request import Receive, Scope, Send, respond
from hub.log.replay import Replay
from hub.ops import logs
from hub.ports import Enter, Entry
from hub.rooms import protocol, rate_limiter
from hub.rooms.connection import Member
from hub.rooms.handshake import Handshake
from hub.rooms.kinds import Refused
from hub.rooms.protocol import Close, Malformed, Ping, Say, Signal
from hub.rooms.rate_limiter import Limiters, Rates, TooFast
from hub.rooms.registry import Lobby
from hub.rooms.room import Room
from hub.support import origins, outages, ws_frames

ADMIT_S = 5.0  # who the database lets wait longer is sent away, to come back
STEP = 256 * 1024  # bytes of a replay written before its reader has to have taken them
PONG = Frame(ws_frames.text(protocol.pong()))

Take = Callable[[int, Callable[[], None]], Wire | None]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    heartbeat_s: float
    max_age_s: float
    mailbox_bytes: int
    rates: Rates
    origins: frozenset[str]
    hosts: tuple[str, ...]
    tls: bool = False  # nothing is served in clear


class Rooms:
    def __init__(
        self, fanout: Fanout, replay: Replay, lobby: Lobby, enter: Enter, caps: Caps, limits: Limits
    ) -> None:
        self._fanout = fanout
        self._replay = replay
        self._lobby = lobby
        self._enter = enter
        self._caps = caps
        self._limits = limits
        self._limiters = Limiters(limits.rates)
        self.members = Wheel(limits.heartbeat_s)
        self.draining = False
        self.closes: Counter[str] = Counter()  # by reason
        fanout.taps.append(self._tap)
        fanout.on_state.append(self._state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        take = scope.get("extensions", {}).get("hub.take")
        try:
            handshake = Handshake(scope, self._limits.hosts, self._limits.origins, tls=self._limits.tls)
            if take is None:
                raise Problem(403, "This server gives no sockets away: rooms need manage.py serve.")
        except Problem as problem:
            origins.refused(problem, scope)
            return await respond(send, problem)
        try:
            member, entry = await self._let_in(handshake)
        except Problem as problem:
            return self._refuse(take, handshake, problem)
        except Exception as error:
            return self._refuse(take, handshake, outages.problem(error, "letting a member in"))
        wire: Wire | None = take(self._limits.mailbox_bytes, partial(self._let_out, member))
        if wire is None:
            return self._let_out(member)
        wire.write(handshake.answer)
        member.attach(wire)
        await self._bring_in(member, entry, wire, handshake.after)

    @property
    def open(self) -> Wheel:
        return self.members

    @property
    def rooms(self) -> int:
        """How many are open here."""
        return len(self._lobby.rooms)

    async def run(self) -> None:
        await asyncio.gather(self.members.run(), self._lobby.run(), self._limiters.run())

    async def drain(self, seconds: float) -> None:
        """Let nobody in, and send everybody elsewhere."""
        self.draining = True
        await drain(self.members, seconds)

    def _state(self, hearing: bool) -> None:
        for member in self.members:
            if member.live:
                member.put(member.LIVE if hearing else member.DEGRADED)

    def _refuse(self, take: Take, handshake: Handshake, problem: Problem) -> None:
        """On the open socket: a browser cannot read the status of a refused handshake."""
        wire = take(self._limits.mailbox_bytes, _nothing)
        if wire is not None:
            wire.write(handshake.answer)
            code = Close.RETIRE if self.draining else protocol.code_of(problem.status)
            wire.end(ws_frames.closing(code, problem.detail))

    async def _admit(self, handshake: Handshake) -> Entry:
        if handshake.problem is not None:
            raise handshake.problem
        if self.draining:
            raise Problem(503, "This instance is leaving: come back in a moment.")
        async with asyncio.timeout(ADMIT_S):
            return await self._enter(handshake.credentials, handshake.name)

    async def _let_in(self, handshake: Handshake) -> tuple[Member, Entry]:
        with self._caps.opening(handshake.address):
            entry = await self._admit(handshake)
            self._caps.enter(entry.person.id)
        # Spread, so that those who came together do not leave together.
        age = self._limits.max_age_s * random.uniform(0.8, 1)  # noqa: S311
        member = Member(
            entry,
            handshake.address,
            entry.topic,
            self._limits.mailbox_bytes,
            min(time.time() + age, entry.person.expires_at or float("inf")),
            heartbeat_s=self._limits.heartbeat_s,
            limiter=self._limiters.enter(entry.person.id),
        )
        self.members.add(member)
        logs.opened("room", member)
        return member, entry

    def _let_out(self, member: Member) -> None:
        member.close("gone")
        self.closes[member.closed] += 1
        logs.closed("room", member, time.time())
        self.members.remove(member)
        self._caps.leave(member.person.id, member.address)
        self._limiters.leave(member.person.id)
        self._lobby.leave(member)
        self._fanout.leave(member)

    async def _bring_in(self, member: Member, entry: Entry, wire: Wire, after: int | None) -> None:
        async def write(data: bytes) -> None:
            for start in range(0, len(data), STEP):
                wire.write(data[start : start + STEP])
                if wire.waiting:
                    await member.drained()

        try:
            room = await self._lobby.enter(member, entry, write)
            member.since = room.begins if after is None else after
            opening = partial(self._welcome, room, member)
            await CatchUp(self._fanout, self._replay, member, member.since, opening, write).run()
        except Exception:
            logger.exception("%s could not be brought into %s", member.person.id, member.topics)
            return member.end(Close.ERROR, "instance error")
        if not member.closed:
            for frame in await self._lobby.lasting(room):
                member.put(frame)
            wire.read(partial(self._heard, room, member))

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
        if topics.is_room(event.topic) or event.topic == topics.CONTROL:
            self._lobby.heard(event)


def _nothing() -> None:
    pass
