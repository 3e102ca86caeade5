"""A room that is open in this process: its state, its connections and its people."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter, deque
from itertools import islice
from typing import Any

from hub.events import Event
from hub.log import Log
from hub.ports import Application
from hub.rooms import changes, protocol
from hub.rooms.changes import Replaced
from hub.rooms.connection import RoomConnection
from hub.rooms.dialect import Frame
from hub.rooms.kinds import Kind, Refused
from hub.rooms.message_index import MessageIndex
from hub.rooms.message_queue import MessageQueue
from hub.rooms.protocol import Change, Say
from hub.support import ws_frames
from hub.support.faults import malformed

CATCH_UP_S = 5.0  # to receive what another instance appended first
MAX_PEOPLE_LISTED = 200  # above it joins and leaves are not announced, only how many people are here

logger = logging.getLogger(__name__)


class Room:
    """Everything goes by its topic, here and on other instances; its name is for people."""

    def __init__(
        self,
        name: str,
        topic: str,
        kind: Kind,
        log: Log,
        application: Application,
        *,
        messages_per_day: int,
    ) -> None:
        self.name = name
        self.topic = topic
        self.kind = kind
        self.connections: dict[RoomConnection, None] = {}
        self.people: dict[str, str] = {}  # names by id, on all instances
        self.local_connections: Counter[str] = Counter()  # by person's id
        self._state: Any = kind.start()
        self.position = 0  # of the last message folded into the state
        self._history_start = 0
        self._announced_count = 0
        self._recent: deque[int] = deque(maxlen=kind.history + 1)  # positions
        self._early: list[Event] | None = []  # received before the history was read
        self.index = MessageIndex()
        self._queue = MessageQueue(self, log, application, messages_per_day=messages_per_day)
        self._advanced = asyncio.Event()

    @property
    def is_open(self) -> bool:
        return self._early is None

    @property
    def lists_people(self) -> bool:
        return len(self.people) <= MAX_PEOPLE_LISTED

    @property
    def history_start(self) -> int:
        """The position after which a newcomer's history begins."""
        full = len(self._recent) == self._recent.maxlen
        return self._recent[0] if full else self._history_start

    @property
    def listed_people(self) -> list[dict[str, str]]:
        return [{"id": id, "name": name} for id, name in islice(self.people.items(), MAX_PEOPLE_LISTED)]

    def open(self, history: list[Event], upto: int) -> Replaced:
        """Start with these messages, complete up to a position; events received meanwhile follow. Returns
        what these replace."""
        self._recent.clear()
        self.index.clear()
        self._state = self.kind.start()
        for event in history:
            self._fold(event)
        self._history_start = history[0].position - 1 if history else upto
        self.position = max(self.position, upto)
        early, self._early = self._early or [], None
        replaced: Replaced = {}
        for event in early:
            replaced |= self.receive(event)
        return replaced

    def receive(self, event: Event) -> Replaced:
        """Called for each event of the room's topic, before the fan-out delivers it. Returns what from now on
        stands for earlier events, by position."""
        if self._early is not None:
            self._early.append(event)
        elif event.position > self.position:
            void = self._fold(event)
            self._advanced.set()
            if event.type in (changes.EDITED, changes.REMOVED):
                return changes.replaced(event, void)
        return {}

    def publish(self, connection: RoomConnection, frame: Say | Change) -> None:
        """Queue a message, or a change of one; its sender receives it, or an error frame."""
        self._queue.put(connection, frame)

    async def wait_for(self, position: int) -> None:
        """Return once the state includes what another instance appended; raises `TimeoutError`."""
        async with asyncio.timeout(CATCH_UP_S):
            while self.position < position:
                self._advanced.clear()
                await self._advanced.wait()

    def validate(self, connection: RoomConnection, frame: Say | protocol.Signal) -> None:
        """Raises `Refused`."""
        try:
            self.kind.validate(frame, connection.user, self._state)
        except Refused:
            raise
        except Exception as error:
            # A kind of the host project's: what it fails on must not harm anyone else.
            malformed.record("frame", f"kind {self.kind.name}", error)
            raise Refused("failed", "This room could not check this frame: send something else.") from None

    def broadcast(self, text: bytes, *, except_user: str = "") -> None:
        """Send a frame to every live connection here, except those of one user."""
        frame = Frame(ws_frames.text(text))
        for connection in list(self.connections):
            if connection.live and connection.person.id != except_user:
                connection.put(frame)

    def add_person(self, id: str, name: str) -> None:
        if id not in self.people:
            self.people[id] = name
            if self.lists_people:
                self.broadcast(protocol.joined({"id": id, "name": name}), except_user=id)

    def announce_count(self) -> None:
        """Where people are not listed, send how many there are, if that has changed."""
        if not self.lists_people and self._announced_count != len(self.people):
            self._announced_count = len(self.people)
            self.broadcast(protocol.members(self._announced_count))

    def set_people(self, people: dict[str, str]) -> None:
        """The people on all instances, names by id; announces the differences."""
        before, self.people = self.people, people
        if not self.lists_people:
            return
        for id, name in people.items():
            if id not in before:
                self.broadcast(protocol.joined({"id": id, "name": name}), except_user=id)
        for id, name in before.items():
            if id not in people:
                self.broadcast(protocol.left({"id": id, "name": name}))

    def _fold(self, event: Event) -> int:
        """The position of an edit that the event makes void, or 0."""
        self.position = event.position
        try:
            if event.type != "said":
                return self.index.fold(event.type, event.position, json.loads(event.body))
            self._recent.append(event.position)
            if self.kind.changeable:
                self.index.add(event.position, json.loads(event.body))
            self._state = self.kind.fold(self._state, protocol.message(event))
        except Exception:
            # A kind of the host project's; the next message is validated against the state before.
            logger.exception(
                "kind %s cannot fold message %d of %s", self.kind.name, event.position, self.name
            )
        return 0
