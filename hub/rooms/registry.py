"""The rooms that are open in this process, from the first connection until a while after the last."""

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
from hub.rooms import changes, kinds, protocol
from hub.rooms.binary.uplink import Uplink
from hub.rooms.connection import RoomConnection
from hub.rooms.dialect import Frame
from hub.rooms.last_values import LastValues
from hub.rooms.presence import Presence
from hub.rooms.protocol import Close
from hub.rooms.room import Room
from hub.rooms.roster import Roster
from hub.rooms.signals import ReceivedSignal, Signals
from hub.support import ws_frames
from hub.support.faults import malformed

HISTORY_S = 2.0  # for the history from the database; after that the log alone has to do
PRESENCE_CHANGED = "#here"  # a signal between instances; no client's signal can have this name
ROOM_DELETED = "room-gone"  # on the control topic
LINGER_S = 15.0  # a room without connections stays open: people reconnect

logger = logging.getLogger(__name__)


class RoomRegistry:
    """Opens rooms, passes them their events and signals, and closes them.

    ``layer`` carries signals between instances, and has to be this registry's alone: it is flushed at need.
    """

    def __init__(
        self,
        log: Log,
        fanout: Fanout,
        presence: Presence,
        *,
        layer: BaseChannelLayer,
        application: Application,
        messages_per_day: int,
    ) -> None:
        self._log = log
        self._fanout = fanout
        self._application = application
        self._messages_per_day = messages_per_day
        self.signals = Signals(layer, self._deliver)
        self.last_values = LastValues(presence)
        self._opening: dict[str, asyncio.Task[None]] = {}
        self.rooms: dict[str, Room] = {}  # by topic
        self.roster = Roster(presence, self.rooms, self._announce_presence)
        fanout.control.on(ROOM_DELETED, self._close_deleted)

    async def enter(
        self, connection: RoomConnection, entry: Entry, write: Callable[[bytes], Awaitable[None]]
    ) -> Room:
        """The room, open, with this connection in it: held, and its user announced to the others."""
        room = self.rooms.get(entry.topic)
        if room is None:
            room = self.rooms[entry.topic] = Room(
                entry.room,
                entry.topic,
                kinds.kind(entry.kind),
                self._log,
                self._application,
                messages_per_day=self._messages_per_day,
            )
        room.name = entry.room  # it may have been renamed
        room.connections[connection] = None
        while not connection.closed:
            try:
                await self._fanout.join(connection)
                if not connection.closed:
                    await self._open(room)
                break
            except LogAway as error:
                logger.info("a connection to a room waits for the log: %s", error)
                await write(connection.dialect.degraded.payload)
                await self._fanout.until_live()
        if connection.closed:
            return room
        connection.joined = True
        self.roster.join(room, connection.person.id, connection.person.name)
        return room

    def leave(self, connection: RoomConnection) -> None:
        room = self._room_of(connection)
        if room is None:
            return
        del room.connections[connection]
        if connection.joined:
            connection.joined = False
            self.roster.leave(room, connection.person.id)

    def receive(self, event: Event) -> None:
        """Called with every event of a room's topic, before its delivery."""
        room = self.rooms.get(event.topic)
        if room is not None and (replaced := room.receive(event)):
            self._fanout.topics[event.topic].replace(replaced)

    def send_signal(self, connection: RoomConnection, name: str, body: object) -> None:
        room = self._room_of(connection)
        if room is None:
            return
        self.signals.send(room.topic, connection.user, name, body, connection.id)
        self.last_values.put(room, connection, name, body)

    def open_uplink(self, room: Room, connection: RoomConnection) -> None:
        """Grant a connection that is live its first credit, where the room takes binary frames."""
        if room.kind.binary:
            topic = topics.binary(room.topic)
            connection.uplink = Uplink(connection, topic, self._log, may_drop=room.kind.may_drop)

    async def run(self) -> None:
        await asyncio.gather(
            self.signals.run(), self.roster.run(), self.last_values.run(), self._close_idle_rooms()
        )

    def _room_of(self, connection: RoomConnection) -> Room | None:
        """The room that a connection has entered and not left."""
        room = self.rooms.get(connection.topics[0])
        return room if room is not None and connection in room.connections else None

    def _deliver(self, topic: str, signals: list[ReceivedSignal]) -> None:
        """Send signals of other connections, here or elsewhere: one write per reader."""
        room = self.rooms.get(topic)
        if room is None:
            return
        if any(signal.name == PRESENCE_CHANGED for signal in signals):
            self.roster.refresh([topic])
            signals = [signal for signal in signals if signal.name != PRESENCE_CHANGED]
        frames = [(signal.connection_id, frame) for signal in signals if (frame := _frame(topic, signal))]
        if not frames:
            return
        everything = Frame(b"".join(frame for _, frame in frames))
        senders = {sender for sender, _ in frames}
        for connection in list(room.connections):
            if not connection.live:
                continue
            if connection.id not in senders:
                connection.put(everything)
            elif others := [frame for sender, frame in frames if sender != connection.id]:
                connection.put(Frame(b"".join(others)))

    async def _open(self, room: Room) -> None:
        """Once for all that enter at the same time; raises `LogAway`."""
        if room.is_open:
            return
        if room.topic not in self._opening:
            opening = asyncio.create_task(self._read(room))
            opening.add_done_callback(lambda _: self._opening.pop(room.topic))
            self._opening[room.topic] = opening
        await asyncio.shield(self._opening[room.topic])

    async def _read(self, room: Room) -> None:
        await self.signals.join(room.topic)
        rows = await self._history(room)
        # From the first row: what the log still has is proved complete, rows alone are not.
        after = since = rows[0].position - 1 if rows else 0
        logged: list[Event] = []
        more = True
        while more:
            page = await self._log.read({room.topic: after})
            if page.gaps:
                since = page.events[0].previous if page.events else page.upto
            after, more = page.upto, page.more
            logged += page.events
        messages = changes.joined(rows, logged, since)
        replaced = room.open(messages, after)
        self._fanout.prepend(room.topic, [event for event in messages if event.position > since], since)
        self._fanout.topics[room.topic].replace(replaced)
        room.people = {**await self.roster.people(room.topic), **room.people}

    async def _history(self, room: Room) -> list[Event]:
        """Messages from the database, where the room's kind keeps them there."""
        if not room.kind.kept:
            return []
        try:
            async with asyncio.timeout(HISTORY_S):
                return await self._application.messages(room.topic, max(1, room.kind.history))
        except Exception:
            logger.exception("the history of %s could not be read: the log has to do", room.name)
            return []

    def _announce_presence(self, topic: str) -> None:
        """Have every instance look up who is in a room."""
        self.signals.send(topic, {"id": "", "name": ""}, PRESENCE_CHANGED, None, "")

    async def _close_idle_rooms(self) -> None:
        while True:
            await asyncio.sleep(LINGER_S)
            for topic, room in list(self.rooms.items()):
                if not room.connections and topic not in self._opening:
                    del self.rooms[topic]
                    await self.signals.leave(topic)

    def _close_deleted(self, data: dict[str, str]) -> None:
        """A room was deleted: close its connections; those still being admitted will not find it."""
        room = self.rooms.get(data["topic"])
        for connection in list(room.connections) if room else ():
            connection.close_with(Close.NOT_FOUND, "This room was deleted.")


def deletion(topic: str) -> Draft:
    """The event that reports to every instance that a room was deleted."""
    return draft(topics.CONTROL, ROOM_DELETED, {"topic": topic})


def _frame(topic: str, signal: ReceivedSignal) -> bytes:
    """As clients receive it; empty if it cannot be encoded."""
    try:
        return ws_frames.text(protocol.signal(signal.name, signal.sender, signal.body))
    except BadEvent as error:
        malformed.record("signal", topic, error)
        return b""
