"""A notification's row as clients get it: the JSON of the API's lists, and the event on its topic."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub import events
from hub.events import Draft
from notifications.models import Notification, Reading


def item(row: Notification, reading: Reading | None = None) -> dict[str, Any]:
    """A notification as docs/api.md shows it, with what a person did with it."""
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
        "position": str(row.position) if row.position else None,
        "seen_at": _stamp(reading.seen_at if reading else None),
        "read_at": _stamp(reading.read_at if reading else None),
        "archived_at": _stamp(reading.archived_at if reading else None),
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
    return events.draft(row.topic, "notification", data, at=row.due_at, key=str(row.pk), owner=owner)


def _owner(row: Notification) -> str:
    """The API key whose share of the log it counts against, if it is known without a query."""
    sending = row.sending if Notification.sending.is_cached(row) else None
    return str(sending.api_key_id or "") if sending else ""


def _stamp(moment: datetime | None) -> str | None:
    return events.stamp(moment) if moment else None
