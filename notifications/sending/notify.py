"""`notify()`, through which every notification is sent: rows, then the outbox, then the log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone

from hub import topics
from hub.events import MAX_DATA_BYTES, TooLarge
from hub.support import transactions
from hub.support.threads import off_loop
from notifications import serialization
from notifications.models import CATEGORY, MAX_TITLE, UNSAYABLE, ApiKey, Notification, Sending
from notifications.models.signals import notification_sent
from notifications.sending import combined, outbox, replacement
from notifications.sending.addresses import group_of, resolve_each
from notifications.sending.errors import BadNotification, TooLong
from notifications.sending.rows import are_one_statement, insert

CHARACTER_BYTES = 6  # of JSON, at most
GROUP_NAME_BYTES = 900  # of JSON, at most
_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\\]")


@off_loop("anotify")
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
    sender: str = "",
    sending_id: UUID | None = None,
    api_key: ApiKey | None = None,
) -> list[Notification]:
    """Store one notification per topic, and publish them when the surrounding transaction commits.

    An address is ``user:<name>``, ``group:<name>``, ``topic:<topic>``, ``everyone``, or
    ``segment:<name>``, which means each of its people now. A later notification with the same ``key`` on
    the same topic replaces the earlier one. ``position`` stays None while a notification is scheduled, or
    the log is away; it is delivered later. ``sender`` is a username or ``key:<name>``; if ``api_key``
    is revoked, what it has scheduled is held.

    Returns the rows. Raises `BadNotification`, or its subclass `TooLong` for one that no event can carry,
    and `IntegrityError` for a ``sending_id`` that is in use.
    """
    now = timezone.now()
    due_at = max(send_at or now, now)
    sending = Sending(sender=sender, to=list(to), title=title, created_at=now, due_at=due_at, api_key=api_key)
    sending.pk = sending_id or sending.pk
    fields = check(title, body=body, url=url, category=category, severity=severity, key=key)
    times = {"created_at": now, "due_at": sending.due_at, "expires_at": expires_at}
    rows = []
    for topic, address in resolve_each(to).items():
        row = Notification(topic=topic, sending=sending, **fields, **times)
        row.group = group_of(address)
        rows.append(row)
    if expires_at is not None and expires_at <= sending.due_at:
        raise BadNotification("expires_at", "The expiry must be after the send time.", "expires_early")
    check_size(fields, (row.topic for row in rows))

    if _is_combined(key, rows):
        combined.store((sending, rows))
        _signal(rows)
        return rows

    def store() -> None:
        if key:
            replacement.replace(rows, now)
        insert([(sending, rows)])
        transactions.after_commit(outbox.publish_now, rows)
        transactions.after_commit(_signal, rows)

    transactions.run(store)
    return rows


def _is_combined(key: str, rows: Sequence[Notification]) -> bool:
    """Whether nothing but its insert has to be in the transaction."""
    alone = key or connection.in_atomic_block or len(rows) > combined.MAX_ROWS
    return not alone and are_one_statement()


def _signal(rows: list[Notification]) -> None:
    notification_sent.send_robust(Notification, notifications=rows)


async def anotify(to: Sequence[str], title: str, **fields: Any) -> list[Notification]:
    """`notify` for async code, with the same arguments.

    It runs in a thread, outside any transaction of the caller's: Django has none in async code.
    """
    return await sync_to_async(notify)(to, title, **fields)


def check(
    title: str, *, body: str = "", url: str = "", category: str = "", severity: str = "info", key: str = ""
) -> dict[str, str]:
    """The fields of a notification, as columns of its row. Raises `BadNotification`."""
    if not title.strip():
        raise BadNotification("title", "Enter a title.", "no_title")
    return {
        "title": _text("title", title, MAX_TITLE),
        "body": _text("body", body),
        "url": _url(url),
        "category": _category(category),
        "severity": _severity(severity),
        "key": _text("key", key, 200),
    }


def check_size(fields: Mapping[str, str], recipients: Iterable[str]) -> None:
    """Raise `TooLong` if a notification with these fields is too large for an event on any of these topics,
    whatever a group among them is called by then."""
    if CHARACTER_BYTES * sum(map(len, fields.values())) < MAX_DATA_BYTES // 2:
        return
    longest = max(
        recipients, key=lambda topic: len(topic) + GROUP_NAME_BYTES * (topics.group_id(topic) is not None)
    )
    row = Notification(topic=longest, **fields)
    row.group = (
        "\x01" * (GROUP_NAME_BYTES // CHARACTER_BYTES) if topics.group_id(longest) is not None else None
    )
    try:
        serialization.draft(row)
    except TooLarge as large:
        text = f"{large} Shorten the text."
        raise TooLong("body", text, "large_notification", most=MAX_DATA_BYTES // 1024) from None


def _text(field: str, value: str, limit: int | None = None) -> str:
    if limit is not None and len(value) > limit:
        raise BadNotification(
            field,
            f"{field} is too long: {len(value)} of {limit} characters.",
            "long_text",
            n=len(value),
            most=limit,
        )
    if UNSAYABLE.search(value) or (field != "body" and re.search(r"[\r\n]", value)):
        raise BadNotification(field, f"{field} contains a control character: remove it.", "control_character")
    return value


def _category(value: str) -> str:
    if not CATEGORY.fullmatch(value):
        raise BadNotification(
            "category",
            "Enter a category of up to 64 characters from a-z 0-9 _ . -, for example builds.",
            "bad_category",
        )
    return value


def _severity(value: str) -> str:
    if value not in Notification.Severity.values:
        known = ", ".join(Notification.Severity.values)
        raise BadNotification("severity", f"severity must be one of {known}.", "bad_severity", known=known)
    return value


def _url(value: str) -> str:
    """A relative path, http or https; anything else might run in the reader's page."""
    if not value:
        return value
    wrong = BadNotification(
        "url", "Enter a path such as /builds/512, or a full http:// or https:// address.", "bad_url"
    )
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
