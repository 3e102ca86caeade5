"""The rooms that are open in this process: from the first who enters until after the last has left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from channels.layers import BaseChannelLayer

from hub import topics
from hub.delivery.fanout import Fanout
from hub.events import BadEvent, Draft, Event, draft
from hub.log import Log, LogAway
from hub.ports import Application, Entry
from hub.rooms import kinds, protocol
from hub.rooms.connection import Member
from hub.rooms.dialect import Frame
from hub.rooms.presence import Presence
from hub.rooms.protocol import Close
from hub.rooms.room import Room
from hub.rooms.roster import Attendance
from hub.rooms.signals import Signalled, Signals
from hub.support import ws_frames
from hub.support.conflating_buffer import ConflatingBuffer
from hub.support.faults import malformed

TOLD_S = 2.0  # a database that takes longer is not waited for: the log alone has to do
HERE = "#here"  # between instances: somebody has come or gone; no member's signal bears such a name
GONE = "room-gone"  # on the control topic
LAST_GATHER_S = 0.5  # of the values that a newcomer is given, the latest of so long is kept
LASTS, LASTS_BYTES = 2000, 4 * 1024 * 1024  # that wait to be kept
LINGER_S = 15.0  # a room without members stays open so long: people come back

logger = logging.getLogger(__name__)


class Lobby:
    def __init__(
        self,
        log: Log,
        fanout: Fanout,
        presence: Presence,
        layer: BaseChannelLayer,
        application: Application,
        lines_per_day: int,
    ) -> None:
        self._log = log
        self._fanout = fanout
        self._presence = presence
        self._signals = Signals(layer, self._deliver)
        self._application = application
        self._lines_per_day = lines_per_day
        self._lasts: ConflatingBuffer[tuple[str, str, bytes]] = ConflatingBuffer(LASTS, LASTS_BYTES)
        self._opening: dict[str, asyncio.Task[None]] = {}
        self.rooms: dict[str, Room] = {}  # by topic
        fanout.control.on(GONE, self._end)
        self._attendance = Attendance(presence, self.rooms, self._tell)

    @property
    def signals(self) -> Signals:
        return self._signals

    async def enter(self, member: Member, entry: Entry, write: Callable[[bytes], Awaitable[None]]) -> Room:
        """The room, open, with this member in it: held, and heard of by the others."""
        room = self.rooms.get(entry.topic)
        if room is None:
            kind = kinds.kind(entry.kind)
            keep = self._application.message_appended
            room = Room(entry.room, entry.topic, kind, self._log, keep, self._lines_per_day)
            self.rooms[entry.topic] = room
        room.name = entry.room  # it may have been renamed
        room.members[member] = None
        while not member.closed:
            try:
                await self._fanout.join(member)
                if not member.closed:
                    await self._open(room)
                break
            except LogAway as error:
                logger.info("a member waits for the log: %s", error)
                await write(member.dialect.degraded.payload)
                await self._fanout.until_live()
        if member.closed:
            return room
        member.counted = True
        self._attendance.came(room, member.person.id, member.person.name)
        return room

    def leave(self, member: Member) -> None:
        room = self._room_of(member)
        if room is None:
            return
        del room.members[member]
        if not member.counted:
            return  # it left on its way in
        member.counted = False
        self._attendance.left(room, member.person.id)

    def heard(self, event: Event) -> None:
        room = self.rooms.get(event.topic)
        if room is not None:
            room.heard(event)

    def signal(self, member: Member, name: str, body: object) -> None:
        room = self._room_of(member)
        if room is not None:
            self._signals.send(room.topic, member.who, name, body, member.connection)
            if name in room.kind.lasting:
                data = protocol.signal(name, member.who, body)
                self._lasts.put(
                    room.topic, (name, member.person.id), (name, member.person.id, data), len(data)
                )

    def _room_of(self, member: Member) -> Room | None:
        """The room that a connection has entered and not left."""
        room = self.rooms.get(member.topics[0])
        return room if room is not None and member in room.members else None

    async def lasting(self, room: Room) -> list[Frame]:
        """The last values that a newcomer is given."""
        if not room.kind.lasting:
            return []
        try:
            return [Frame(ws_frames.text(last.data)) for last in await self._presence.lasts(room.topic)]
        except LogAway:
            return []

    def _deliver(self, topic: str, signalled: list[Signalled]) -> None:
        """What other members, here or elsewhere, have signalled: one write each."""
        room = self.rooms.get(topic)
        if room is None:
            return
        if any(one.name == HERE for one in signalled):
            self._attendance.doubt([topic])
            signalled = [one for one in signalled if one.name != HERE]
        if not signalled:
            return
        told = [(one.connection, data) for one in signalled if (data := _bytes(topic, one))]
        everything = Frame(b"".join(data for _, data in told))
        senders = {connection for connection, _ in told}
        for member in list(room.members) if told else ():
            if not member.live:
                continue
            if member.connection not in senders:
                member.put(everything)
            elif others := [data for connection, data in told if connection != member.connection]:
                member.put(Frame(b"".join(others)))

    async def run(self) -> None:
        await asyncio.gather(self._signals.run(), self._attendance.run(), self._keep_lasts(), self._forget())

    async def _open(self, room: Room) -> None:
        """Once for all who enter at the same time; raises `LogAway`."""
        if room.open:
            return
        if room.topic not in self._opening:
            opening = asyncio.create_task(self._read(room))
            opening.add_done_callback(lambda _: self._opening.pop(room.topic))
            self._opening[room.topic] = opening
        await asyncio.shield(self._opening[room.topic])

    async def _read(self, room: Room) -> None:
        await self._signals.join(room.topic)
        lines = await self._kept(room)
        after = lines[-1].position if lines else 0
        since = lines[0].position - 1 if lines else None
        more = True
        while more:
            page = await self._log.read({room.topic: after})
            after, more = page.upto, page.more
            lines += page.events
        if since is None:
            since = lines[0].previous if lines else after
        room.opened(lines, after)
        self._fanout.prepend(room.topic, lines, since)
        room.people = {**await self._attendance.of(room.topic), **room.people}

    async def _kept(self, room: Room) -> list[Event]:
        if not room.kind.kept:
            return []
        try:
            async with asyncio.timeout(TOLD_S):
                return await self._application.messages(room.topic, max(1, room.kind.history))
        except Exception:
            logger.exception("the rows of %s could not be read: the log has to do", room.name)
            return []

    def _tell(self, topic: str) -> None:
        """Have every instance see who is in a room."""
        self._signals.send(topic, {"id": "", "name": ""}, HERE, None, "")

    async def _keep_lasts(self) -> None:
        while True:
            for room, lasts in (await self._lasts.gather(LAST_GATHER_S)).items():
                for name, person, data in lasts:
                    try:
                        await self._presence.keep_last(room, name, person, data)
                    except LogAway as error:  # the next value is kept
                        logger.debug("a last value is not kept: %s", error)
                    except Exception as error:
                        malformed.record("last value", room, error)

    async def _forget(self) -> None:
        while True:
            await asyncio.sleep(LINGER_S)
            for topic, room in list(self.rooms.items()):
                if not room.members and topic not in self._opening:
                    del self.rooms[topic]
                    await self._signals.leave(topic)

    def _end(self, data: dict[str, str]) -> None:
        """A room was deleted: close its connections; those still on the way in find it gone."""
        room = self.rooms.get(data["topic"])
        for member in list(room.members) if room else ():
            member.end(Close.NOT_FOUND, "This room was deleted.")


def gone(topic: str) -> Draft:
    """The event by which every instance learns that a room was deleted."""
    return draft(topics.CONTROL, GONE, {"topic": topic})


def _bytes(topic: str, one: Signalled) -> bytes:
    """As members are told it; nothing of what cannot be."""
    if isinstance(one.body, bytes):
        return ws_frames.binary(one.body)
    try:
        return ws_frames.text(protocol.signal(one.name, one.sender, one.body))
    except BadEvent as error:
        malformed.record("signal", topic, error)
        return b""
