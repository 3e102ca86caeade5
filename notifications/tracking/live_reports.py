"""What staff who look at a sending or a room are told besides, from the rows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hub import events, topics
from hub.support.threads import in_thread
from notifications.models import Line
from notifications.tracking import progress

LINES = 20
SHOWN = 500  # characters of a line


async def report(topic: str) -> tuple[str, Any] | None:
    """The type and the data of what is told on a staff topic; None if it is not ours to tell."""
    kind, _, rest = topics.staff_name(topic).partition("-")
    if kind == "sending":
        return await in_thread(_progress, rest)
    if kind == "lines":
        return await in_thread(_lines, rest)
    return None


def _progress(id: str) -> tuple[str, Any] | None:
    try:
        told = progress.of(UUID(id))
    except ValueError:
        return None
    return None if told is None else ("progress", told)


def _lines(room: str) -> tuple[str, Any]:
    rows = Line.objects.filter(room=topics.room_id(topics.room(room))).order_by("-position")[:LINES]
    said = [
        {
            "position": str(row.position),
            "sender": row.sender,
            "name": row.name,
            "body": row.body[:SHOWN] if isinstance(row.body, str) else row.body,
            "at": events.stamp(row.at),
        }
        for row in rows
    ]
    return "lines", {"lines": said[::-1]}
