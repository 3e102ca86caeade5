"""The one door in for notifications: row → outbox → log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone

from hub import topics
from hub.problems import Problem
from notifications import inbox, outbox
from notifications.models import CATEGORY, MAX_TITLE, UNSAYABLE, Notification

MAX_ADDRESSES = 1000
_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\\]")


class BadNotification(ValueError):
    """A notification that cannot be sent; ``field`` is at fault, the text says what to do."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


def notify(
    to: Sequence[str],
    title: str,
    *,
    body: str = "",
    url: str = "",
    category: str = "",
    severity: str = "info",
    key: str = "",
    expires_at: datetime | None = None,
    send_at: datetime | None = None,
) -> list[Notification]:
    """Commit one notification an address, and publish them once the transaction around us commits.

    An address is ``user:<name>``, ``group:<name>``, ``topic:<topic>`` or ``everyone``. A later
    notification with the same ``key`` to the same address replaces the earlier. Their ``position``
    is None while they are scheduled or the log is away; they will be delivered.

    Raises `BadNotification`, or `hub.events.TooLarge` for one that no event can carry.
    """
    now = timezone.now()
    rows = [
        Notification(
            topic=topic,
            title=_text("title", title, MAX_TITLE),
            body=_text("body", body),
            url=_url(url),
            category=_category(category),
            severity=_severity(severity),
            key=_text("key", key, 200),
            created_at=now,
            due_at=max(send_at or now, now),
            expires_at=expires_at,
        )
        for topic in resolve(to)
    ]
    if not title.strip():
        raise BadNotification("title", "Give a title: it is what people see.")
    if expires_at is not None and expires_at <= rows[0].due_at:
        raise BadNotification("expires_at", "It would expire before it is sent: give a later time.")
    for row in rows[:1]:
        inbox.draft(row)  # too large for an event: better said now than never delivered
    with transaction.atomic():
        replaced = _recall_replaced(rows) if key else []
        Notification.objects.bulk_create(rows)
        transaction.on_commit(partial(outbox.publish_now, [*replaced, *rows]), robust=True)
    return rows


def recall(id: UUID) -> Notification:
    """Take a notification back, in the inboxes now and on the screens once this is committed.

    Raises a `Problem` of 404.
    """
    with transaction.atomic():
        row = Notification.objects.select_for_update().filter(pk=id).first()
        if row is None:
            raise Problem(404, "There is no such notification.")
        if row.recalled_at is None:
            row.recalled_at, row.position = timezone.now(), None
            row.save(update_fields=["recalled_at", "position"])
            transaction.on_commit(partial(outbox.publish_now, [row]), robust=True)
    return row


def resolve(to: Sequence[str]) -> list[str]:
    """The topics of some addresses, each once; raise `BadNotification` naming what is unknown."""
    if not to:
        raise BadNotification("to", "Give at least one address: user:…, group:…, topic:… or everyone.")
    if len(to) > MAX_ADDRESSES:
        raise BadNotification("to", f"At most {MAX_ADDRESSES} addresses: use a group or a topic.")
    wanted: dict[str, set[str]] = {"user": set(), "group": set()}
    for address in to:
        kind, _, name = address.partition(":")
        if kind in wanted:
            wanted[kind].add(name if UNSAYABLE.search(name) is None else "")
    people = User.objects.filter(username__in=wanted["user"], is_active=True)
    users = {user.get_username(): topics.user(user.pk) for user in people}
    crowds = Group.objects.filter(name__in=wanted["group"])
    groups = {group.name: topics.group(group.name) for group in crowds}
    return list(dict.fromkeys(_topic(address, users, groups) for address in to))


def _topic(address: str, users: dict[str, str], groups: dict[str, str]) -> str:
    kind, _, name = address.partition(":")
    try:
        if address == "everyone":
            return topics.EVERYONE
        if kind == "user" and name in users:
            return users[name]
        if kind == "group" and name in groups:
            return groups[name]
        if kind == "topic":
            return topics.check_live(name)
    except topics.BadTopic as bad:
        raise BadNotification("to", str(bad)) from None
    raise BadNotification("to", f"{address[:80]!r} is nobody: use user:…, group:…, topic:… or everyone.")


def _text(field: str, value: str, most: int | None = None) -> str:
    if most is not None and len(value) > most:
        raise BadNotification(field, f"{field} is {len(value)} characters: at most {most}.")
    if UNSAYABLE.search(value) or (field != "body" and re.search(r"[\r\n]", value)):
        raise BadNotification(field, f"{field} bears a control character: leave it out.")
    return value


def _category(value: str) -> str:
    if not CATEGORY.fullmatch(value):
        raise BadNotification("category", "A category is up to 64 of a-z 0-9 _ . -, like builds.")
    return value


def _severity(value: str) -> str:
    if value not in Notification.Severity.values:
        raise BadNotification("severity", f"severity is one of {', '.join(Notification.Severity.values)}.")
    return value


def _url(value: str) -> str:
    """A relative path, http or https; anything else might run in the reader's page."""
    if not value:
        return value
    wrong = BadNotification("url", "url is a path like /builds/512, or http:// or https:// and a host.")
    if len(value) > 2000 or _BLANK_OR_CONTROL.search(value) or UNSAYABLE.search(value):
        raise wrong
    try:
        parts = urlsplit(value)
    except ValueError:
        raise wrong from None
    absolute = parts.scheme in ("http", "https") and parts.hostname
    if not absolute and not (value.startswith("/") and not value.startswith("//")):
        raise wrong
    return value


def _recall_replaced(rows: Sequence[Notification]) -> list[Notification]:
    earlier = Notification.objects.filter(
        topic__in=[row.topic for row in rows], key=rows[0].key, recalled_at=None
    ).select_for_update()
    replaced = list(earlier)
    for row in replaced:
        row.recalled_at, row.position = rows[0].created_at, None
    Notification.objects.bulk_update(replaced, ["recalled_at", "position"])
    return replaced
