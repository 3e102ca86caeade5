"""A room that is open in this process: its state, its people, and messages on their way into the log."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from hub import events
from hub.events import MAX_DATA_BYTES, Draft, Event
from hub.log import Appended, Log, LogAway, Overtaken
from hub.rooms import protocol
from hub.rooms.connection import RoomConnection
from hub.rooms.dialect import ROOM_DIALECT, Frame
from hub.rooms.kinds import Kind, Refused
from hub.rooms.protocol import Say
from hub.support import ws_frames
from hub.support.faults import malformed

APPEND_BATCH_SIZE = 100  # messages per append
CATCH_UP_S = 5.0  # to receive what another instance appended first
MAX_PEOPLE_LISTED = 200  # above it joins and leaves are not announced, only how many people are here

logger = logging.getLogger(__name__)


class Room:
    """Appends messages in the order in which they arrived here; the fan-out brings them back to everyone.

    Everything goes by its topic, here and on other instances; its name is for people. ``on_appended`` is
    called with the topic once messages are in the log.
    """

    def __init__(
        self,
        name: str,
        topic: str,
        kind: Kind,
        log: Log,
        *,
        on_appended: Callable[[str], None],
        messages_per_day: int,
    ) -> None:
        self.name = name
        self.topic = topic
        self.kind = kind
        self.connections: dict[RoomConnection, None] = {}
        self.people: dict[str, str] = {}  # names by id, on all instances
        self.local_connections: Counter[str] = Counter()  # by person's id
        self._log = log
        self._on_appended = on_appended
        self._messages_per_day = messages_per_day
        self._state: Any = kind.start()
        self._position = 0  # of the last message folded into the state
        self._history_start = 0
        self._announced_count = 0
        self._recent: deque[int] = deque(maxlen=kind.history + 1)  # positions
        self._early: list[Event] | None = []  # received before the history was read
        self._queue: list[tuple[RoomConnection, Say]] = []
        self._appending: asyncio.Task[None] | None = None
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

    def open(self, history: list[Event], upto: int) -> None:
        """Start with these messages, complete up to a position; events received meanwhile follow."""
        self._recent.clear()
        self._state = self.kind.start()
        for event in history:
            self._fold(event)
        self._history_start = history[0].position - 1 if history else upto
        self._position = max(self._position, upto)
        early, self._early = self._early or [], None
        for event in early:
            self.receive(event)

    def receive(self, event: Event) -> None:
        """Called for each event of the room's topic, before the fan-out delivers it."""
        if self._early is not None:
            self._early.append(event)
        elif event.position > self._position:
            self._fold(event)
            self._advanced.set()

    def publish(self, connection: RoomConnection, say: Say) -> None:
        """Queue a message; its sender receives it, or an error frame."""
        self._queue.append((connection, say))
        if self._appending is None:
            self._appending = asyncio.create_task(self._append())

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

    def _fold(self, event: Event) -> None:
        self._position = event.position
        self._recent.append(event.position)
        try:
            self._state = self.kind.fold(self._state, protocol.message(event))
        except Exception:
            # A kind of the host project's; the next message is validated against the state before.
            logger.exception(
                "kind %s cannot fold message %d of %s", self.kind.name, event.position, self.name
            )

    async def _append(self) -> None:
        batch_size = 1 if self.kind.strict else APPEND_BATCH_SIZE
        while self._queue:
            batch, self._queue = self._queue[:batch_size], self._queue[batch_size:]
            try:
                await self._append_batch(batch)
            except LogAway:
                detail = "The log is away: send the message again with the same id."
                for connection, say in batch:
                    connection.send(protocol.error(say.id, "away", detail))
            except Exception:
                logger.exception("messages of %s could not be appended", self.name)
                for connection, _ in batch:
                    connection.close_with(protocol.Close.ERROR, "instance error")
        self._appending = None

    async def _append_batch(self, batch: list[tuple[RoomConnection, Say]]) -> None:
        while True:
            drafts: list[Draft] = []
            senders: list[RoomConnection] = []
            for connection, say in batch:
                try:
                    self.validate(connection, say)
                    draft = self._draft(connection, say)
                except Refused as refused:
                    if not await self._acknowledge_repeated(connection, say):
                        connection.send(protocol.error(say.id, refused.reason, refused.detail))
                    continue
                senders.append(connection)
                drafts.append(draft)
            if not drafts:
                return
            try:
                results = await self._log.append_if(drafts, self._position if self.kind.strict else None)
            except Overtaken as overtaken:
                await self._wait_for(overtaken.position)
                continue
            self._on_appended(self.topic)
            for connection, appended, draft in zip(senders, results, drafts, strict=True):
                if appended.over_daily:
                    self._refuse_over_daily(connection, draft)
                else:
                    self._acknowledge(connection, appended, draft)
            return

    async def _acknowledge_repeated(self, connection: RoomConnection, say: Say) -> bool:
        """Whether a refused message had been accepted before: the state may have moved on since."""
        if not self.kind.strict:
            return False
        try:
            draft = self._draft(connection, say)
            (appended,) = await self._log.append_if([draft], after=-1)
        except (Overtaken, Refused):
            return False
        self._acknowledge(connection, appended, draft)
        return True

    def _acknowledge(self, connection: RoomConnection, appended: Appended, draft: Draft) -> None:
        # A message is its own acknowledgement; one from before this connection is not delivered again.
        if not appended.fresh and appended.position <= connection.since:
            event = Event(appended.position, 0, draft.topic, draft.type, draft.body)
            connection.put(ROOM_DIALECT.event(event))

    def _refuse_over_daily(self, connection: RoomConnection, draft: Draft) -> None:
        detail = f"You have sent the {self._messages_per_day} messages that a day allows: go on tomorrow."
        if connection.over_daily:
            return connection.close_with(protocol.Close.TOO_FAST, detail)
        connection.over_daily = True
        connection.send(protocol.error(draft.key, "too-many", detail))

    async def _wait_for(self, position: int) -> None:
        async with asyncio.timeout(CATCH_UP_S):
            while self._position < position:
                self._advanced.clear()
                await self._advanced.wait()

    def _draft(self, connection: RoomConnection, say: Say) -> Draft:
        """Raises `Refused`: as the hub writes them, numbers may take more bytes than as they came."""
        body = protocol.message_body(connection.user, say.id, say.body, events.stamp())
        if len(body) > MAX_DATA_BYTES:
            detail = f"A message takes at most {MAX_DATA_BYTES} bytes: this one is {len(body)}."
            raise Refused("too-large", detail)
        sender, daily = connection.person.id, self._messages_per_day
        return Draft(self.topic, "said", body, say.id, sender=sender, daily=daily)
