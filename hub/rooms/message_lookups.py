"""What a room has to ask of the application before it changes a message."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence

from hub.ports import Application
from hub.rooms import changes, protocol
from hub.rooms.connection import RoomConnection
from hub.rooms.message_index import MessageIndex
from hub.rooms.protocol import Change
from hub.support.coalesce import BatchLoader

MAX_LOOKUPS = 100  # of a room at a time
LOOKUP_S = 5.0
AWAY = ("away", "Older messages cannot be looked up now: send it again with the same id.")

logger = logging.getLogger(__name__)


class MessageLookups:
    """Looks up older messages of one room, and who may remove what others said."""

    def __init__(self, topic: str, index: MessageIndex, application: Application) -> None:
        self._topic = topic
        self._index = index
        self._application = application
        self._messages: BatchLoader[int, bool] = BatchLoader(self._load)
        self._waiting: set[asyncio.Task[None]] = set()

    def prepare(
        self, connection: RoomConnection, change: Change, then: Callable[[RoomConnection, Change], None]
    ) -> None:
        """Call ``then`` once the message is in the index, or known not to exist, unless the person may not
        remove it, or it cannot be looked up: these are errors."""
        message = self._index.get(change.of)
        if message is not None and (change.type != "remove" or message.sender == connection.person.id):
            return then(connection, change)
        if len(self._waiting) >= MAX_LOOKUPS:
            return connection.send(protocol.error(change.id, *AWAY))
        task = asyncio.create_task(self._look_up(connection, change, then))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _look_up(
        self, connection: RoomConnection, change: Change, then: Callable[[RoomConnection, Change], None]
    ) -> None:
        try:
            async with asyncio.timeout(LOOKUP_S):
                if self._index.get(change.of) is None:
                    await self._messages.get(change.of)
                message = self._index.get(change.of)
                others = message is not None and message.sender != connection.person.id
                if (
                    change.type == "remove"
                    and others
                    and not await self._application.moderates(connection.person, self._topic)
                ):
                    return connection.send(protocol.error(change.id, *changes.NOT_OWN))
        except Exception as error:
            logger.warning("a message of %s could not be looked up: %r", self._topic, error)
            return connection.send(protocol.error(change.id, *AWAY))
        then(connection, change)

    async def _load(self, positions: Sequence[int]) -> dict[int, bool]:
        """Add these messages to the index; whether they were found."""
        for position in positions:
            self._index.expect(position)
        try:
            found = {
                event.position: event for event in await self._application.messages_at(self._topic, positions)
            }
            for position, event in found.items():
                self._index.add(position, json.loads(event.body))
        finally:
            for position in positions:
                self._index.miss(position)
        return {position: position in found for position in positions}
