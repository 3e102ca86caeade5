"""A connection that carries many rooms, and what it is in one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hub.delivery.subscriber import STEP_BYTES
from hub.events import Encoded
from hub.ports import Credentials, Entry, Person
from hub.rooms.carrier.label import NUMBER_BYTES, Label
from hub.rooms.connection import RoomConnection
from hub.rooms.dialect import Frame
from hub.rooms.frame_connection import FrameConnection
from hub.rooms.room import Room

MAX_NUMBER = 256**NUMBER_BYTES - 1


class Carrier(FrameConnection):
    """A socket for many rooms: its memberships by name and by number. It has one mailbox for all of them, and
    no position.

    ``credentials`` are what each room is entered with. ``topics`` are those of the rooms that it is in.
    """

    __slots__ = ("_drained", "_last_number", "_turn", "by_number", "credentials", "memberships", "tasks")

    def __init__(
        self,
        person: Person,
        credentials: Credentials,
        *,
        address: str,
        mailbox_bytes: int,
        heartbeat_s: float,
    ) -> None:
        super().__init__(
            person, address=address, topics=(), mailbox_bytes=mailbox_bytes, heartbeat_s=heartbeat_s
        )
        self.credentials = credentials
        self.memberships: dict[str, Membership] = {}
        self.by_number: dict[int, Membership] = {}
        self.tasks: set[asyncio.Task[None]] = set()  # of memberships that begin
        self._last_number = 0
        self._turn = asyncio.Lock()  # of replays: one step of one room waits for the reader at a time
        self._drained: asyncio.Future[None] | None = None

    def join(self, name: str, label: Label, after: int | None) -> Membership:
        """A membership in the room ``name`` that begins; there may be none with this label."""
        number = self._last_number % MAX_NUMBER + 1
        while number in self.by_number:
            number = number % MAX_NUMBER + 1
        self._last_number = number
        membership = Membership(self, name, label, number, after)
        self.memberships[label.name] = self.by_number[number] = membership
        return membership

    def drop(self, membership: Membership) -> None:
        """The membership is over. Its number is not given to another soon: frames may be on their way."""
        if self.by_number.pop(membership.number, None) is membership:
            del self.memberships[membership.label.name]
            self.list_topics()

    def list_topics(self) -> None:
        self.topics = tuple(
            membership.connection.entry.topic
            for membership in self.memberships.values()
            if membership.connection is not None
        )

    def close(self, reason: str, last: Encoded | None = None) -> None:
        if self.closed:
            return
        super().close(reason, last)
        self._wake_writer()
        for membership in list(self.memberships.values()):
            membership.end("gone")

    async def drain(self) -> bytes:
        data = await super().drain()
        self._wake_writer()
        return data

    async def write_step(self, step: bytes, is_over: Callable[[], bool]) -> None:
        """Write a part of a replay once the reader has received what was written before, unless it is over
        by then."""
        async with self._turn:
            await self._flushed()
            if self.closed or is_over():
                return
            if self._socket is not None:
                self._socket.write(step)
            elif self._mailbox is not None:
                self._mailbox.append(step)
                self._size += len(step)
                self._wake()

    def fits(self) -> bool:
        """Whether what its rooms hold while they are replayed is within its mailbox; else it is closed."""
        held = sum(
            membership.connection.held_bytes
            for membership in self.memberships.values()
            if membership.connection is not None
        )
        if held > self.mailbox_bytes:
            self.close("slow", self.dialect.slow)
        return not self.closed

    async def _flushed(self) -> None:
        if self._socket is not None:
            return await self.flushed()
        while self._size and not self.closed:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained

    def _wake_writer(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)


class Membership:
    """A carrier in one room, from the client's `join` until either side ends it.

    ``name`` is the room's; it is labelled with that, or as the client calls it. ``connection`` is there once
    the client is admitted, ``room`` once it is live there; what the client sends before that waits in
    ``early``.
    """

    __slots__ = (
        "after",
        "carrier",
        "connection",
        "early",
        "early_bytes",
        "label",
        "name",
        "number",
        "over",
        "room",
    )

    def __init__(self, carrier: Carrier, name: str, label: Label, number: int, after: int | None) -> None:
        self.carrier = carrier
        self.name = name
        self.label = label
        self.number = number
        self.after = after
        self.over = False
        self.connection: CarriedConnection | None = None
        self.room: Room | None = None
        self.early: list[tuple[bytes | dict[str, Any], bool]] = []
        self.early_bytes = 0

    def put(self, framed: bytes) -> None:
        if not self.over:
            self.carrier.put(Frame(self.label.apply(framed, self.number)))

    async def write(self, framed: bytes) -> None:
        """Write a part of the room's replay, and wait for a reader that is behind."""
        step_bytes = min(STEP_BYTES, self.carrier.mailbox_bytes // 2)
        for step in self.label.steps(framed, self.number, step_bytes):
            await self.carrier.write_step(step, lambda: self.over)

    def end(self, reason: str, last: Encoded | None = None) -> None:
        """End it, with ``last``, a close frame, as `left`. The first reason counts."""
        if self.over:
            return
        if last is not None:
            self.put(last.payload)
        self.over = True
        self.early.clear()
        self.carrier.drop(self)
        if self.connection is not None:
            self.connection.close(reason)


class CarriedConnection(RoomConnection):
    """A connection in a room by way of a carrier. ``on_close`` is called once, soon after it is closed."""

    __slots__ = ("_membership", "_on_close")

    def __init__(
        self, membership: Membership, entry: Entry, *, on_close: Callable[[CarriedConnection], None]
    ) -> None:
        carrier = membership.carrier
        super().__init__(entry, address=carrier.address, mailbox_bytes=carrier.mailbox_bytes, heartbeat_s=0)
        self.limiter = carrier.limiter
        self._mailbox = None
        self._membership = membership
        self._on_close = on_close

    @property
    def number_on_carrier(self) -> int:
        return self._membership.number

    @property
    def held_bytes(self) -> int:
        return self._size

    def put(self, encoded: Encoded) -> None:
        if not self.closed:
            self._membership.put(encoded.payload)

    async def write(self, payload: bytes) -> None:
        await self._membership.write(payload)

    def close(self, reason: str, last: Encoded | None = None) -> None:
        if self.closed:
            return
        self.closed = reason
        self._membership.end(reason, last)
        # The caller may be iterating over all of a room.
        asyncio.get_running_loop().call_soon(self._on_close, self)

    def _fits(self, payload: bytes) -> bool:
        self._size += len(payload)
        return self._membership.carrier.fits()
