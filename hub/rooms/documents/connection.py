"""A connection to a document."""

from __future__ import annotations

from hub.delivery.dialect import Dialect
from hub.ports import Entry
from hub.rooms.connection import RoomConnection
from hub.rooms.documents.dialect import closing
from hub.rooms.documents.protocol import MAX_MESSAGE_BYTES
from hub.rooms.protocol import Close


class DocumentConnection(RoomConnection):
    """As one in a room, with larger messages. ``vector`` is what its client said it has, until that is
    answered."""

    max_message_bytes = MAX_MESSAGE_BYTES

    __slots__ = ("answering", "vector")

    def __init__(
        self, entry: Entry, dialect: Dialect, *, address: str, mailbox_bytes: int, heartbeat_s: float
    ) -> None:
        super().__init__(entry, address=address, mailbox_bytes=mailbox_bytes, heartbeat_s=heartbeat_s)
        self.dialect = dialect
        self.vector: bytes | None = None
        self.answering = False

    def close_with(self, code: Close, detail: str) -> None:
        self.close(code.name.lower(), closing(code, detail))
