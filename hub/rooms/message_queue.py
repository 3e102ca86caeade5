"""Messages of one room on their way into the log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from hub import events
from hub.events import MAX_DATA_BYTES, Draft, Event
from hub.log import Appended, Log, LogAway, Overtaken
from hub.rooms import protocol
from hub.rooms.connection import RoomConnection
from hub.rooms.dialect import ROOM_DIALECT
from hub.rooms.kinds import Kind, Refused
from hub.rooms.protocol import Say

APPEND_BATCH_SIZE = 100  # messages per append

logger = logging.getLogger(__name__)


class RoomState(Protocol):
    """What the queue asks of its room."""

    name: str
    topic: str
    kind: Kind
    position: int  # of the last message folded into the state

    def validate(self, connection: RoomConnection, frame: Say, /) -> None:
        """Raises `Refused`."""

    async def wait_for(self, position: int, /) -> None:
        """Return once the state includes a position; raises `TimeoutError`."""


class MessageQueue:
    """Appends messages in the order in which they arrived here; the fan-out brings them back to everyone.

    ``on_appended`` is called with the room's topic once messages are in the log.
    """

    def __init__(
        self, room: RoomState, log: Log, *, on_appended: Callable[[str], None], messages_per_day: int
    ) -> None:
        self._room = room
        self._log = log
        self._on_appended = on_appended
        self._messages_per_day = messages_per_day
        self._queue: list[tuple[RoomConnection, Say]] = []
        self._appending: asyncio.Task[None] | None = None

    def put(self, connection: RoomConnection, say: Say) -> None:
        """Queue a message; its sender receives it, or an error frame."""
        self._queue.append((connection, say))
        if self._appending is None:
            self._appending = asyncio.create_task(self._append())

    async def _append(self) -> None:
        batch_size = 1 if self._room.kind.strict else APPEND_BATCH_SIZE
        while self._queue:
            batch, self._queue = self._queue[:batch_size], self._queue[batch_size:]
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

    async def _append_batch(self, batch: list[tuple[RoomConnection, Say]]) -> None:
        while True:
            drafts: list[Draft] = []
            senders: list[RoomConnection] = []
            for connection, say in batch:
                try:
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
                else:
                    self._acknowledge(connection, appended, draft)
            return

    async def _acknowledge_repeated(self, connection: RoomConnection, say: Say) -> bool:
        """Whether a refused message had been accepted before: the state may have moved on since."""
        if not self._room.kind.strict:
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

    def _draft(self, connection: RoomConnection, say: Say) -> Draft:
        """Raises `Refused`: as the hub writes them, numbers may take more bytes than as they came."""
        body = protocol.message_body(connection.user, say.id, say.body, events.stamp())
        if len(body) > MAX_DATA_BYTES:
            detail = f"A message takes at most {MAX_DATA_BYTES} bytes: this one is {len(body)}."
            raise Refused("too-large", detail)
        sender, daily = connection.person.id, self._messages_per_day
        return Draft(self._room.topic, "said", body, say.id, sender=sender, daily=daily)
