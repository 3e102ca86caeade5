"""A notification's row as clients get it: the JSON of the API's lists, and the event on its topic."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from hub import events
from hub.events import Draft, Event
from hub.ports import Topic
from notifications.models import Notification

# The types of this application's events, on feeds.
EVENT_TYPES = ("notification", "recalled", "count", "reading", "preferences", "room-unread")
READ_STATE = ("seen_at", "read_at", "archived_at")


def item(row: Notification, read_state: Any = None) -> dict[str, Any]:
    """A notification as docs/api.md shows it, with what a person did with it: ``seen_at``, ``read_at`` and
    ``archived_at`` of ``read_state``."""
    return {
        "id": str(row.pk),
        "topic": row.topic,
        "group": row.group,
        "title": row.title,
        "body": row.body,
        "url": row.url,
        "category": row.category,
        "severity": row.severity,
        "created_at": events.stamp(row.due_at),  # when it came to the reader, not when it was written
        **({"expires_at": events.stamp(row.expires_at)} if row.expires_at else {}),
        "position": str(row.position) if row.position else None,
        **{
            field: _stamp(getattr(read_state, field, None)) for field in ("seen_at", "read_at", "archived_at")
        },
    }


def draft(row: Notification) -> Draft:
    """The event of a row: `notification`, or `recalled` once it was; raise `BadEvent` for one that no event
    can carry."""
    owner = _owner(row)
    if row.recalled_at:
        id = str(row.pk)
        return events.draft(row.topic, "recalled", {"id": id}, key=f"recalled-{id}", removes=id, owner=owner)
    data = item(row)
    del data["position"]  # the event's id says it
    at, until = row.due_at, row.expires_at
    return events.draft(
        row.topic, "notification", data, at=at, expires_at=until, key=str(row.pk), owner=owner
    )


def forget_recalled(event: Event, topic: Topic) -> None:
    """Have memory forget the notification that an event recalls, so that a replay does not send its text."""
    if event.type != "recalled":
        return
    try:
        id = event.data["id"]
        quoted = events.encode(id)
    except (ValueError, TypeError, KeyError):
        return
    topic.forget(lambda encoded: quoted in encoded.payload and _id_of(encoded.payload) == id)


def _id_of(payload: bytes) -> object:
    """The id of the notification that an event of a feed is; None if it is another event."""
    if b"\nevent: notification\n" not in payload:
        return None
    data = json.loads(payload.partition(b"\ndata: ")[2])["data"]
    return data.get("id") if isinstance(data, dict) else None


def _owner(row: Notification) -> str:
    """The API key whose share of the log it counts against, if it is known without a query."""
    sending = row.sending if Notification.sending.is_cached(row) else None
    return str(sending.api_key_id or "") if sending else ""


def _stamp(moment: datetime | None) -> str | None:
    return events.stamp(moment) if moment else None
