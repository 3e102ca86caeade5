"""The kept messages of a room, page by page, and searched."""

from __future__ import annotations

from typing import Any

from notifications.models import Room
from notifications.rooms import history, rows

MAX_QUERY = 200  # characters


def find(
    room: Room, *, before: int | None = None, q: str = "", limit: int = 50
) -> tuple[list[dict[str, Any]], str | None]:
    """Messages before a position, the newest first, and the position before which the next page is, if there
    is one. With ``q`` those that contain this text, whatever its case."""
    found = history.of_room(room.pk).order_by("-position")
    if before is not None:
        found = found.filter(position__lt=before)
    if q:
        found = found.filter(text__icontains=q)
    page = list(found[: limit + 1])
    items = [{"position": str(row.position), **rows.data(row)} for row in page[:limit]]
    return items, items[-1]["position"] if len(page) > limit else None
