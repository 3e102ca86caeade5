"""A connection in a room: a subscriber that also sends."""

from __future__ import annotations

import uuid

from hub.ports import Entry
from hub.rooms.frame_connection import FrameConnection


class RoomConnection(FrameConnection):
    """A connection that sends frames into one room.

    ``since`` is the position that it resumed from, or after which its history began: what follows it is
    delivered. ``id`` is unique over all instances.
    """

    __slots__ = ("entry", "id", "joined", "over_daily", "since")

    def __init__(self, entry: Entry, *, address: str, mailbox_bytes: int, heartbeat_s: float) -> None:
        super().__init__(
            entry.person,
            address=address,
            topics=(entry.topic,),
            mailbox_bytes=mailbox_bytes,
            heartbeat_s=heartbeat_s,
        )
        self.entry = entry
        self.id = uuid.uuid4().hex
        self.since = 0
        self.joined = False  # counted among the room's people
        self.over_daily = False  # its user was warned that the day's messages are sent

    @property
    def user(self) -> dict[str, str]:
        return {"id": self.person.id, "name": self.person.name}
