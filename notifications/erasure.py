"""Erasing a person: what is theirs goes, and what others need keeps its place without them.

Nothing of the audit log goes, which cannot be changed: there a name stays beside what it did.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet

from hub import topics
from hub.log import LogAway
from hub.log.current import shared_log
from hub.rooms import erasure
from notifications.access import audit, second_factor
from notifications.models import (
    ApiKey,
    Delivery,
    IdempotentRequest,
    Line,
    Notification,
    Preference,
    PreferenceChange,
    Reading,
    Room,
    Sending,
    Subscription,
    Ticket,
)
from notifications.tracking.id_bitmap import IdBitmap

NOBODY = "—"  # in place of a name and of what was said; no username bears it
NO_ID = "0"
BATCH = 500  # rows a transaction, so that nobody waits for one

logger = logging.getLogger(__name__)


def counts(user: User) -> dict[str, int]:
    """Of each kind, how many rows bear this person."""
    name, topic = user.get_username(), topics.user(user.pk)
    return {
        "notifications": Notification.objects.filter(topic=topic).count(),
        "read states": Reading.objects.filter(user=user).count(),
        "messages in rooms": Line.objects.filter(sender=str(user.pk)).count(),
        "subscriptions": Subscription.objects.filter(user=user).count(),
        "preferences": sum(of.objects.filter(user=user).count() for of in (Preference, PreferenceChange)),
        "sendings that name them": sum(1 for one in Sending.objects.iterator() if _names(one, name)),
        "sessions": sum(1 for _ in _sessions(user)),
    }


def forget(user: User, *, by: str = "", actor: Any = None, address: str = "") -> dict[str, int]:
    """Erase a person; what went, by kind. Begun twice it goes on where it ended: the account goes last."""
    found = counts(user)
    id, name, topic = user.pk, user.get_username(), topics.user(user.pk)
    user.is_active = False
    user.save(update_fields=["is_active"])  # nobody comes in as them meanwhile
    for session in list(_sessions(user)):
        session.delete()
    second_factor.remove(user)
    _in_batches(Notification.objects.filter(topic=topic), lambda rows: _delete(Notification, rows))
    _in_batches(Line.objects.filter(sender=str(id)), _unsay)
    for sending in Sending.objects.iterator(chunk_size=BATCH):
        if _names(sending, name):
            _unname(sending, name)
    Notification.objects.filter(recalled_by=name).update(recalled_by=NOBODY)
    Ticket.objects.filter(
        pk__in=[one.pk for one in Ticket.objects.iterator() if _bears(one.claims, str(id))]
    ).delete()
    asked = [one.pk for one in IdempotentRequest.objects.iterator() if _bears(one.answer, topic)]
    IdempotentRequest.objects.filter(pk__in=asked).delete()
    for key in ApiKey.objects.iterator():
        if topic in key.topics:
            # Not left out: a key that names nothing is for everything.
            key.topics = [topics.user(NO_ID) if one == topic else one for one in key.topics]
            key.save(update_fields=["topics"])
    LogEntry.objects.filter(
        object_id=str(id), content_type__app_label="auth", content_type__model="user"
    ).delete()
    with transaction.atomic():
        user.delete()
        audit.note("forget", by=by, actor=actor, address=address, rows=sum(found.values()))
    _in_batches(Delivery.objects.all(), lambda rows: _uncount(rows, id))
    found["messages in the log"] = _erase_log(str(id), topic)
    return found


def _erase_log(id: str, topic: str) -> int:
    """What Redis has; it forgets by itself within `HUB_LOG_TTL_S` and a day where it cannot be reached."""
    try:
        shared_log().forget([topic])
        if not settings.HUB_REDIS_URL:
            return 0
        return erasure.erase(settings.HUB_REDIS_URL, id, [topics.room(pk) for pk in _rooms()])
    except LogAway as away:
        logger.warning("the log still has what was said by somebody who is forgotten, for a day: %s", away)
        return 0


def _rooms() -> Iterable[int]:
    return Room.objects.values_list("pk", flat=True)


def _sessions(user: User) -> Iterable[Session]:
    """Those by which this person is signed in, or has begun to."""
    for session in Session.objects.iterator(chunk_size=BATCH):
        said = session.get_decoded()
        if said.get(SESSION_KEY) == str(user.pk) or said.get("hub.half", {}).get("user") == user.pk:
            yield session


def _names(sending: Sending, name: str) -> bool:
    return name in (sending.sender, sending.held_by) or f"user:{name}" in sending.to


def _unname(sending: Sending, name: str) -> None:
    """A sending that was for nobody else goes; of the others, the name."""
    if sending.to and set(sending.to) == {f"user:{name}"}:
        sending.delete()
        return
    sending.to = [f"user:{NOBODY}" if one == f"user:{name}" else one for one in sending.to]
    sending.sender = NOBODY if sending.sender == name else sending.sender
    sending.held_by = NOBODY if sending.held_by == name else sending.held_by
    sending.save(update_fields=["to", "sender", "held_by"])


def _unsay(rows: list[Line]) -> None:
    for row in rows:
        row.sender, row.name, row.body = NO_ID, NOBODY, _blank(row.body)
    Line.objects.bulk_update(rows, ["sender", "name", "body"])


def _blank(body: Any) -> Any:
    """As it was, without a word of it: a bid keeps its sum, and so its place."""
    if isinstance(body, str):
        return NOBODY
    if isinstance(body, list):
        return [_blank(one) for one in body]
    if isinstance(body, dict):
        return {key: _blank(value) for key, value in body.items()}
    return body


def _uncount(rows: list[Delivery], id: int) -> None:
    changed = []
    for row in rows:
        if IdBitmap.holds(row.people, id):
            bitmap = IdBitmap.unpack(row.people) - IdBitmap([id])
            row.people, row.size = bitmap.pack(), len(bitmap)
            changed.append(row)
    Delivery.objects.bulk_update(changed, ["people", "size"])


def _delete(model: Any, rows: list[Any]) -> None:
    model.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _in_batches(rows: QuerySet[Any], act: Any) -> None:
    last: Any = None
    while batch := list((rows if last is None else rows.filter(pk__gt=last)).order_by("pk")[:BATCH]):
        with transaction.atomic():
            act(batch)
        last = batch[-1].pk


def _bears(said: Any, value: str) -> bool:
    """Whether a value stands anywhere in JSON."""
    if isinstance(said, dict):
        return any(_bears(one, value) for one in said.values())
    if isinstance(said, list):
        return any(_bears(one, value) for one in said)
    return bool(said == value)
