"""Snapshots from the database that are pushed on staff topics while a dashboard page is subscribed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hub import events, topics
from hub.support.threads import in_thread
from notifications.models import RoomMessage
from notifications.runs import overview
from notifications.tracking import progress

MAX_MESSAGES = 20  # of a room
MAX_MESSAGE_LENGTH = 500  # characters


async def report(topic: str) -> tuple[str, Any] | None:
    """The event type and data for a staff topic; None if it is not a topic of ours, or its subject is gone.

    ``sending-<uuid>`` gives ``progress``; ``lines-<room id>`` gives ``lines``, the latest messages;
    ``runs`` gives ``runs``, those of now and the last.
    """
    kind, _, rest = topics.staff_name(topic).partition("-")
    if kind == "sending":
        return await in_thread(_progress, rest)
    if kind == "runs":
        return "runs", await in_thread(overview.report)
    if kind == "lines":
        return await in_thread(_messages, rest)
    return None


def _progress(id: str) -> tuple[str, Any] | None:
    try:
        found = progress.of(UUID(id))
    except ValueError:
        return None
    return None if found is None else ("progress", found)


def _messages(room: str) -> tuple[str, Any]:
    kept = RoomMessage.objects.filter(room=topics.room_id(topics.room(room)), removed_at=None)
    rows = kept.order_by("-position")[:MAX_MESSAGES]
    messages = [
        {
            "position": str(row.position),
            "sender": row.sender,
            "name": row.name,
            "body": row.body[:MAX_MESSAGE_LENGTH] if isinstance(row.body, str) else row.body,
            "at": events.stamp(row.at),
        }
        for row in rows
    ]
    return "lines", {"lines": messages[::-1]}
