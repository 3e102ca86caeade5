"""Documents as rows: what was appended to the log, folded into one snapshot for each."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from hub import topics
from hub.document_store import DocumentStore
from hub.rooms import kinds
from hub.rooms.documents import content
from hub.support.threads import in_thread
from notifications.models import Room, RoomDocument


class StoredDocuments(DocumentStore):
    """The rows, read and written in threads."""

    async def document(self, topic: str, /) -> tuple[bytes, int]:
        return await in_thread(load, topic)

    async def documents(self, names: Sequence[str] | None = None, /) -> dict[str, int]:
        return await in_thread(positions, names)

    async def store_document(self, topic: str, snapshot: bytes, position: int, /, *, base: int) -> int:
        return await in_thread(store, topic, snapshot, position, base)


def load(topic: str) -> tuple[bytes, int]:
    """The snapshot of a document, and up to which position it has everything; nothing, and 0, at first."""
    row = RoomDocument.objects.filter(room=topics.room_id(topic) or 0).first()
    return (b"", 0) if row is None else (bytes(row.snapshot), row.position)


def positions(names: Sequence[str] | None = None) -> dict[str, int]:
    """Up to which position each of these documents is stored, by topic; of all if none are given."""
    documents = [name for name in kinds.kinds() if kinds.kind(name).document]
    rooms = Room.objects.filter(kind__in=documents)
    if names is not None:
        rooms = rooms.filter(pk__in=[topics.room_id(topic) for topic in names])
    return {topics.room(id): position or 0 for id, position in rooms.values_list("pk", "document__position")}


def store(topic: str, snapshot: bytes, position: int, base: int) -> int:
    """Store a document that contains what is stored up to ``base``; up to which position it is stored then.

    What another instance stored meanwhile is merged into it. Of a room that was deleted nothing is stored.
    """
    with transaction.atomic():
        room = Room.objects.select_for_update().filter(pk=topics.room_id(topic) or 0).first()
        if room is None:
            return position
        row = RoomDocument.objects.filter(room=room).first()
        if row is not None and row.position != base:
            snapshot = content.fold(bytes(row.snapshot), [snapshot])
        if row is not None:
            position = max(position, row.position)
        RoomDocument.objects.update_or_create(
            room=room, defaults={"snapshot": snapshot, "position": position}
        )
    return position
