"""The last values of signals, which a newcomer is given where the room's kind says so."""

from __future__ import annotations

import logging

from hub.log import LogAway
from hub.rooms import protocol
from hub.rooms.connection import RoomConnection
from hub.rooms.dialect import Frame
from hub.rooms.presence import Presence
from hub.rooms.room import Room
from hub.support import ws_frames
from hub.support.conflating_buffer import ConflatingBuffer
from hub.support.faults import malformed

WRITE_S = 0.5  # between writes
MAX_PENDING_VALUES, MAX_PENDING_BYTES = 2000, 4 * 1024 * 1024

logger = logging.getLogger(__name__)


class LastValues:
    """Written in batches; while the log is away, not at all: the next value is kept."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        # Name, person and frame, by room.
        self._pending: ConflatingBuffer[tuple[str, str, bytes]] = ConflatingBuffer(
            MAX_PENDING_VALUES, MAX_PENDING_BYTES
        )

    def put(self, room: Room, connection: RoomConnection, name: str, body: object) -> None:
        """Keep a signal if it is one whose last value counts."""
        if name in room.kind.lasting:
            frame, user = protocol.signal(name, connection.user, body), connection.person.id
            self._pending.put(room.topic, (name, user), (name, user, frame), len(frame))

    async def of(self, room: Room) -> list[Frame]:
        """For a newcomer, as frames; where too many people are here to be listed, of none."""
        if not room.kind.lasting or not room.lists_people:
            return []
        try:
            values = await self._presence.last_values(room.topic)
        except LogAway:
            return []
        return [
            Frame(ws_frames.text(value.data))
            for value in values
            if value.name not in room.kind.statuses or value.person in room.people
        ]

    async def run(self) -> None:
        while True:
            for topic, values in (await self._pending.gather(WRITE_S)).items():
                for name, user, frame in values:
                    try:
                        await self._presence.keep_last_value(topic, name, user, frame)
                    except LogAway as error:
                        logger.debug("a last value is not kept: %s", error)
                    except Exception as error:
                        malformed.record("last value", topic, error)
