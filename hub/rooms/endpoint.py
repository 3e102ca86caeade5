"""The room endpoint: who is admitted to a room, the replay, and when a connection has to leave.

`hub.rooms.transports` brings the connections here, on a socket of our own or by ASGI. Like a feed's, a
connection holds no thread and no database connection, and once live on a socket of our own no coroutine.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from hub import topics
from hub.delivery.catch_up import CatchUp
from hub.delivery.endpoint import Endpoint, EndpointOptions
from hub.delivery.fanout import Fanout
from hub.delivery.limits import ConnectionLimits
from hub.errors import Problem
from hub.events import Event
from hub.log.replay import Replay
from hub.ports import Application
from hub.rooms import protocol
from hub.rooms.connection import RoomConnection
from hub.rooms.frame_handler import FrameHandler
from hub.rooms.handshake import Handshake
from hub.rooms.protocol import Close
from hub.rooms.rate_limiter import RateLimiters, Rates
from hub.rooms.registry import RoomRegistry
from hub.rooms.room import Room
from hub.support import origins, ws_frames
from hub.support.asgi import Scope

logger = logging.getLogger(__name__)


class Rooms(Endpoint[Handshake, RoomConnection]):
    """The room endpoint; `hub.rooms.transports.application` makes an ASGI application of it."""

    kind = "room"

    def __init__(
        self,
        fanout: Fanout,
        limits: ConnectionLimits,
        options: EndpointOptions,
        *,
        replay: Replay,
        registry: RoomRegistry,
        application: Application,
        rates: Rates,
    ) -> None:
        super().__init__(fanout, limits, options, replay=replay, application=application)
        self._registry = registry
        self.frames = FrameHandler(registry)
        self.limiters = RateLimiters(rates)
        fanout.taps.append(self._tap)

    @property
    def rooms(self) -> int:
        """How many are open here."""
        return len(self._registry.rooms)

    async def run(self) -> None:
        await asyncio.gather(super().run(), self._registry.run(), self.limiters.run())

    def handshake(self, scope: Scope) -> Handshake:
        """Raises a `Problem` to be answered as HTTP."""
        try:
            return Handshake(scope, self.options)
        except Problem as problem:
            origins.report_refused(self._application, problem, scope)
            raise

    def refusal(self, problem: Problem) -> tuple[Close, str]:
        """Close code and reason for what `admit` raised: sent on the open socket, because a browser cannot
        read the status of a refused handshake."""
        return Close.RETIRE if self.draining else protocol.close_code(problem.status), problem.detail

    async def _authorize(self, handshake: Handshake) -> RoomConnection:
        if handshake.problem is not None:
            raise handshake.problem
        entry = await self._application.enter(handshake.credentials, handshake.name)
        return RoomConnection(
            entry,
            address=handshake.address,
            mailbox_bytes=self.options.mailbox_bytes,
            heartbeat_s=self.options.heartbeat_s,
        )

    async def admit(self, handshake: Handshake) -> RoomConnection:
        connection = await super().admit(handshake)
        connection.limiter = self.limiters.enter(connection.person.id)
        return connection

    def release(self, connection: RoomConnection) -> None:
        super().release(connection)
        self.limiters.leave(connection.person.id)
        self._registry.leave(connection)

    async def bring_in(
        self, connection: RoomConnection, after: int | None, write: Callable[[bytes], Awaitable[None]]
    ) -> Room | None:
        """Replay what the connection missed through ``write``, and make it live; None if it was closed."""
        try:
            room = await self._registry.enter(connection, connection.entry, write)
            connection.since = room.history_start if after is None else after
            opening = partial(self._welcome, room, connection)
            await CatchUp(
                self._fanout,
                self._replay,
                connection,
                after=connection.since,
                resumed=after is not None,
                opening=opening,
                write=write,
            ).run()
        except Exception:
            logger.exception("%s could not be brought into %s", connection.person.id, connection.topics)
            connection.close_with(Close.ERROR, "instance error")
            return None
        if connection.closed:
            return None
        for frame in await self._registry.last_values.of(room):
            connection.put(frame)
        return room

    def _welcome(self, room: Room, connection: RoomConnection, position: int, resumed: bool) -> bytes:
        count = len(room.people)
        welcome = protocol.welcome(
            room.name, room.topic, connection.user, position, room.listed_people, count
        )
        return ws_frames.text(welcome)

    def _tap(self, event: Event) -> None:
        if topics.is_room(event.topic):
            self._registry.receive(event)
