"""The list of a person's inbox, by pages, and one notification of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from hub.errors import Problem
from notifications import serialization
from notifications.access import names
from notifications.inbox import preferences, watermarks
from notifications.inbox.preference_rule import Muted
from notifications.models import UNSAYABLE, Notification, Reading
from notifications.pagination import page
from notifications.user_model import User


def find(
    user: User,
    own: Sequence[str],
    which: str = "all",
    *,
    category: str = "",
    q: str = "",
    before: UUID | None = None,
    limit: int = 50,
    muted: Muted | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of a person's inbox, newest first, and the ``before`` of the next page; None for the last page.

    ``own`` are the topics of the inbox. ``which`` is ``unread``, ``all`` (read or not, but not archived) or
    ``archived``; ``q`` is searched in title and body; what is ``muted`` is queried if not given. Raises a
    `Problem` of 422 for a ``before`` that is not on these topics.
    """
    if UNSAYABLE.search(category + q):
        return [], None
    rows = Notification.objects.inbox(own, user)
    rows = rows.exclude((preferences.muted_by(user) if muted is None else muted).rows())
    readings = Reading.objects.filter(user=user, notification=OuterRef("pk"))
    archived = Exists(readings.filter(archived_at__isnull=False))
    rows = rows.filter(archived if which == "archived" else ~archived)
    if which == "unread":
        rows = rows.filter(~Exists(readings.filter(read_at__isnull=False)))
        if marks := watermarks.latest(user):
            rows = rows.filter(watermarks.above(marks, "read_at") | Exists(readings))
    if category:
        rows = rows.filter(category=category)
    if q:
        rows = rows.filter(Q(title__icontains=q) | Q(body__icontains=q))
    last = None
    if before:
        last = Notification.objects.meant(own, user).filter(pk=before).values_list("due_at", "pk").first()
        if last is None:
            raise Problem(422, "No such notification in this inbox: start without before.", field="before")
    found, more = page(watermarks.with_read_state(rows, user), ("-due_at", "-pk"), limit, last)
    items = _items(found)
    return items, items[-1]["id"] if more else None


def one(user: User, own: Sequence[str], id: UUID) -> dict[str, Any]:
    """One notification, a muted one too. Raises a `Problem` of 404 if it is not in the inbox."""
    row = Notification.objects.inbox(own, user).filter(pk=id)
    items = _items(list(watermarks.with_read_state(row, user)))
    if not items:
        raise Problem(404, "No such notification in this inbox.")
    return items[0]


def _items(rows: list[Notification]) -> list[dict[str, Any]]:
    """The rows as the API lists them, each with a person's read state."""
    names.name(rows)
    return [serialization.item(row, read_state=row) for row in rows]
