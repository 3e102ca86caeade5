"""The room endpoint: who is admitted to a room, the replay, and when a connection has to leave.

`hub.rooms.transports` brings the connections here, on a socket of our own or by ASGI. Like a feed's, a
connection holds no thread and no database connection, and once live on a socket of our own no coroutine.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from hub import topics
from hub.delivery import connection_log
from hub.delivery.catch_up import CatchUp
from hub.delivery.endpoint import ADMIT_S, EndpointOptions
from hub.delivery.fanout import Fanout
from hub.delivery.limits import ConnectionLimits
from hub.delivery.open_connections import OpenConnections
from hub.delivery.subscriber import Subscriber
from hub.errors import Problem
from hub.events import Event
from hub.log.replay import Replay
from hub.ports import Application, Entry
from hub.rooms import kinds, protocol
from hub.rooms.carrier.connection import CarriedConnection, Carrier, Membership
from hub.rooms.carrier.frame_handler import CarrierFrameHandler
from hub.rooms.connection import RoomConnection
from hub.rooms.frame_connection import FrameConnection
from hub.rooms.frame_handler import FrameHandler
from hub.rooms.protocol import Close
from hub.rooms.rate_limiter import Rates
from hub.rooms.registry import RoomRegistry
from hub.rooms.room import Room
from hub.rooms.sockets.endpoint import Handle, SocketEndpoint
from hub.rooms.sockets.handshake import Handshake
from hub.support import outages, ws_frames

logger = logging.getLogger(__name__)


class Rooms(SocketEndpoint[FrameConnection]):
    """The room endpoint; `hub.rooms.transports.application` makes an ASGI application of it.

    ``carried`` are the connections in rooms by way of sockets that carry many. Each such socket counts as a
    connection, and each of its rooms as a live topic of its user.
    """

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
        super().__init__(fanout, limits, options, replay=replay, application=application, rates=rates)
        self._registry = registry
        self.frames = FrameHandler(registry)
        self.carried = OpenConnections(options.heartbeat_s)
        self._carrier_frames = CarrierFrameHandler(
            self.frames, admit=self._admit_carried, bring_in=self._bring_in_carried, refusal=self.refusal
        )
        fanout.taps.append(self._tap)

    @property
    def rooms(self) -> int:
        """How many are open here."""
        return len(self._registry.rooms)

    async def run(self) -> None:
        await asyncio.gather(super().run(), self._registry.run(), self.limiters.run())

    async def _authorize(self, handshake: Handshake) -> FrameConnection:
        if handshake.problem is not None:
            raise handshake.problem
        options: dict[str, Any] = {
            "address": handshake.address,
            "mailbox_bytes": self.options.mailbox_bytes,
            "heartbeat_s": self.options.heartbeat_s,
        }
        if handshake.name:
            entry = _room(await self._application.enter(handshake.credentials, handshake.name))
            return RoomConnection(entry, **options)
        credentials = await self._application.redeem(handshake.credentials)
        person = await self._application.admit(credentials, (), False)
        # Nothing of the inbox is read here, so changes of the inbox do not close it.
        return Carrier(replace(person, own=(), since=()), credentials, **options)

    def release(self, connection: FrameConnection) -> None:
        super().release(connection)
        if isinstance(connection, RoomConnection):
            self._registry.leave(connection)

    async def bring_in(
        self, connection: FrameConnection, after: int | None, write: Callable[[bytes], Awaitable[None]]
    ) -> Handle | None:
        if isinstance(connection, Carrier):
            return partial(self._carrier_frames.handle, connection)
        if not isinstance(connection, RoomConnection):
            raise TypeError(f"{connection} is in no room")
        room = await self._bring_in(connection, after, write)
        return partial(self.frames.handle, room, connection) if room is not None else None

    async def _admit_carried(self, membership: Membership) -> CarriedConnection:
        """Raises `Problem`, and nothing else."""
        carrier = membership.carrier
        if self.draining:
            raise Problem(503, "This instance is leaving: come back in a moment.", retry_after=1)
        try:
            async with asyncio.timeout(ADMIT_S):
                entry = _room(await self._application.enter(carrier.credentials, membership.name))
            if entry.person.id != carrier.person.id:
                raise Problem(401, "Another user has signed in: open another socket.")
            if membership.over:
                raise Problem(404, "This socket has left the room.")
            self._limits.change(entry.person.id, 1)
        except Problem:
            raise
        except Exception as error:
            raise outages.problem(error, "admitting to a room") from error
        connection = CarriedConnection(membership, entry, on_close=self._release_carried)
        self.carried.add(connection)
        connection_log.log_opened(self.kind, connection)
        return connection

    async def _bring_in_carried(self, connection: CarriedConnection, after: int | None) -> Room | None:
        return await self._bring_in(connection, after, connection.write)

    def _release_carried(self, connection: CarriedConnection) -> None:
        connection_log.log_closed(self.kind, connection, time.time())
        self.carried.remove(connection)
        self._limits.change(connection.person.id, -1)
        self._fanout.leave(connection)
        self._registry.leave(connection)

    async def _bring_in(
        self, connection: RoomConnection, after: int | None, write: Callable[[bytes], Awaitable[None]]
    ) -> Room | None:
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
                floors=self._floors(room, connection) if after is None else None,
            ).run()
        except Exception:
            logger.exception("%s could not be brought into %s", connection.person.id, connection.topics)
            connection.close_with(Close.ERROR, "instance error")
            return None
        if connection.closed:
            return None
        for frame in await self._registry.last_values.of(room):
            connection.put(frame)
        self._registry.open_uplink(room, connection)
        return room

    def _floors(self, room: Room, connection: RoomConnection) -> dict[str, int] | None:
        """A newcomer's history has no binary frames: the position after which theirs begin."""
        if not room.kind.binary:
            return None
        return {topics.binary(room.topic): self._fanout.now(connection.topics) or room.position}

    def _welcome(self, room: Room, connection: RoomConnection, position: int, resumed: bool) -> bytes:
        number = connection.number_on_carrier if isinstance(connection, CarriedConnection) else None
        welcome = protocol.welcome(
            room.name if number is None else None,  # else its frames are labelled with the name
            room.topic,
            connection.user,
            position,
            room.listed_people,
            len(room.people),
            number=number,
        )
        return ws_frames.text(welcome)

    def _informed(self) -> Iterator[Subscriber]:
        yield from super()._informed()
        yield from self.carried

    def _tap(self, event: Event) -> None:
        if topics.is_room(event.topic):
            self._registry.receive(event)


def _room(entry: Entry) -> Entry:
    """The entry; raises a `Problem` of 400 if it is into a document."""
    if kinds.kind(entry.kind).document:
        detail = f"{entry.room} is a document: open /documents/{entry.room}, as y-websocket does."
        raise Problem(400, detail)
    return entry
