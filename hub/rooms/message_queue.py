"""Messages of one room on their way into the log."""

from __future__ import annotations

import asyncio
import json
import logging
from itertools import takewhile
from typing import Protocol

from hub import events
from hub.events import MAX_DATA_BYTES, Draft, Event
from hub.log import Appended, Log, LogAway, Overtaken
from hub.ports import Application
from hub.rooms import changes, protocol
from hub.rooms.connection import RoomConnection
from hub.rooms.dialect import ROOM_DIALECT
from hub.rooms.kinds import Kind, Refused
from hub.rooms.message_index import MessageIndex
from hub.rooms.message_lookups import MessageLookups
from hub.rooms.protocol import Change, Say

APPEND_BATCH_SIZE = 100  # messages per append

logger = logging.getLogger(__name__)


class RoomState(Protocol):
    """What the queue asks of its room."""

    name: str
    topic: str
    kind: Kind
    position: int  # of the last message folded into the state
    index: MessageIndex

    def validate(self, connection: RoomConnection, frame: Say, /) -> None:
        """Raises `Refused`."""

    async def wait_for(self, position: int, /) -> None:
        """Return once the state includes a position; raises `TimeoutError`."""


class MessageQueue:
    """Appends messages in the order in which they arrived here; the fan-out brings them back to everyone.

    What is in the log is reported to the application. A change of a message that is not in the room's index,
    or of another person's, waits for the application, and holds up no one.
    """

    def __init__(
        self,
        room: RoomState,
        log: Log,
        application: Application,
        *,
        messages_per_day: int,
    ) -> None:
        self._room = room
        self._log = log
        self._lookups = MessageLookups(room.topic, room.index, application)
        self._on_appended = application.message_appended
        self._messages_per_day = messages_per_day
        self._queue: list[tuple[RoomConnection, Say | Change]] = []
        self._appending: asyncio.Task[None] | None = None

    def put(self, connection: RoomConnection, frame: Say | Change) -> None:
        """Queue a message, or a change of one; its sender receives it, or an error frame."""
        if isinstance(frame, Change) and self._room.kind.changeable:
            self._lookups.prepare(connection, frame, self._add)
        else:
            self._add(connection, frame)

    def _add(self, connection: RoomConnection, frame: Say | Change) -> None:
        self._queue.append((connection, frame))
        if self._appending is None:
            self._appending = asyncio.create_task(self._append())

    def _next_batch(self) -> list[tuple[RoomConnection, Say | Change]]:
        size = 1
        if not self._room.kind.strict and isinstance(self._queue[0][1], Say):
            says = takewhile(lambda item: isinstance(item[1], Say), self._queue[:APPEND_BATCH_SIZE])
            size = len(list(says))
        batch, self._queue = self._queue[:size], self._queue[size:]
        return batch

    async def _append(self) -> None:
        while self._queue:
            batch = self._next_batch()
            try:
                await self._append_batch(batch)
            except LogAway:
                detail = "The log is away: send the message again with the same id."
                for connection, say in batch:
                    connection.send(protocol.error(say.id, "away", detail))
            except Exception:
                logger.exception("messages of %s could not be appended", self._room.name)
                for connection, _ in batch:
                    connection.close_with(protocol.Close.ERROR, "instance error")
        self._appending = None

    async def _append_batch(self, batch: list[tuple[RoomConnection, Say | Change]]) -> None:
        while True:
            drafts: list[Draft] = []
            senders: list[RoomConnection] = []
            for connection, say in batch:
                try:
                    if isinstance(say, Say):
                        self._room.validate(connection, say)
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
                results = await self._log.append_if(
                    drafts, self._room.position if self._room.kind.strict else None
                )
            except Overtaken as overtaken:
                await self._room.wait_for(overtaken.position)
                continue
            self._on_appended(self._room.topic)
            for connection, appended, draft in zip(senders, results, drafts, strict=True):
                if appended.over_daily:
                    self._refuse_over_daily(connection, draft)
                elif appended.ended:
                    connection.send(protocol.error(draft.key, *changes.GONE))
                else:
                    self._acknowledge(connection, appended, draft)
                    if draft.type == changes.REACTED and appended.fresh:
                        # The person's next reaction may be in this queue already.
                        self._room.index.fold(draft.type, appended.position, json.loads(draft.body))
            return

    async def _acknowledge_repeated(self, connection: RoomConnection, say: Say | Change) -> bool:
        """Whether a refused message had been accepted before: the state may have moved on since."""
        if not self._room.kind.strict and isinstance(say, Say):
            return False
        try:
            draft = self._draft(connection, say, repeated=True)
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

    def _draft(self, connection: RoomConnection, frame: Say | Change, *, repeated: bool = False) -> Draft:
        """Raises `Refused`: as the hub writes them, numbers may take more bytes than as they came. A change
        that is ``repeated`` is not checked."""
        type, edits, ends = "said", 0, False
        if isinstance(frame, Change):
            type = changes.TYPES[frame.type]
            body = changes.body(frame, connection.user) if repeated else self._changed(connection, frame)
            edits, ends = (0 if frame.type == "react" else frame.of), frame.type == "remove"
        else:
            body = protocol.message_body(connection.user, frame.id, frame.body, events.stamp())
        if len(body) > MAX_DATA_BYTES:
            detail = f"A message takes at most {MAX_DATA_BYTES} bytes: this one is {len(body)}."
            raise Refused("too-large", detail)
        sender, daily = connection.person.id, self._messages_per_day
        return Draft(
            self._room.topic, type, body, frame.id, sender=sender, daily=daily, edits=edits, ends=ends
        )

    def _changed(self, connection: RoomConnection, change: Change) -> bytes:
        """The body of a change's event. Raises `Refused`."""
        if not self._room.kind.changeable:
            raise Refused("unchangeable", "What is said in this room stays as it is: say something new.")
        message = self._room.index.get(change.of)
        if message is None or message.removed:
            raise Refused(*changes.GONE)
        if change.type == "edit":
            if message.sender != connection.person.id:
                raise Refused("not-yours", "You can only edit what you said: reply to it instead.")
            self._room.validate(connection, Say(change.id, change.body))
        return changes.body(change, connection.user, message)
