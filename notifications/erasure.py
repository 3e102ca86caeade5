"""Erases a person: deletes their rows, and removes their name and words from rows that others need.

The audit log cannot be changed: it keeps the names of those who acted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import transaction
from django.db.models import QuerySet

from hub import topics
from hub.log import LogAway
from hub.log.current import shared_log
from hub.rooms import erasure
from notifications import user_model
from notifications.access import audit, endings, second_factor
from notifications.access.lookups import session_data
from notifications.access.policies import rows as policy_rows
from notifications.models import (
    ApiKey,
    Delivery,
    IdempotentRequest,
    Notification,
    Preference,
    PreferenceChange,
    Profile,
    Reading,
    Room,
    RoomMessage,
    Run,
    Sending,
    Subscription,
    Ticket,
    Watermark,
    user_numbers,
)
from notifications.rooms.rows import text_of
from notifications.sign_in.views import PENDING
from notifications.tracking.id_bitmap import IdBitmap
from notifications.user_model import User

ERASED = "—"  # in place of a name or a text; no valid username
NO_ID = "0"
BATCH_SIZE = 500  # rows per transaction, to keep locks short

logger = logging.getLogger(__name__)


def counts(user: User) -> dict[str, int]:
    """The number of this person's rows, by kind."""
    name, topic, addresses = user.get_username(), topics.user(user.pk), _addresses(user)
    return {
        "notifications": Notification.objects.filter(topic=topic).count(),
        "read states": sum(of.objects.filter(user=user).count() for of in (Reading, Watermark)),
        "messages in rooms": RoomMessage.objects.filter(sender=str(user.pk)).count(),
        "subscriptions": Subscription.objects.filter(user=user).count(),
        "preferences": sum(of.objects.filter(user=user).count() for of in (Preference, PreferenceChange)),
        "sendings that name them": sum(
            1 for one in Sending.objects.iterator() if _names(one, name, addresses)
        ),
        "runs": Run.objects.filter(owner=user).count(),
        "sessions": sum(1 for _ in _sessions(user)),
    }


def forget(user: User, *, by: str = "", actor: Any = None, address: str = "") -> dict[str, int]:
    """Erase a person; return the number of rows by kind. Can be repeated: the account is deleted last."""
    found, addresses = counts(user), _addresses(user)
    id, number, name, topic = user.pk, user_numbers.of(user.pk), user.get_username(), topics.user(user.pk)
    # No one signs in as them meanwhile.
    if user_model.has_field("is_active"):
        user.is_active = False
        user.save(update_fields=["is_active"])
    else:
        endings.end_all(user.pk)
    for session in list(_sessions(user)):
        session.delete()
    second_factor.remove(user)
    _in_batches(Notification.objects.filter(topic=topic), lambda rows: _delete(Notification, rows))
    _in_batches(RoomMessage.objects.filter(sender=str(id)), _erase_messages)
    marked = RoomMessage.objects.exclude(reactions={}, mentioned=[])
    _in_batches(marked, lambda rows: _erase_reactions(rows, str(id)))
    for sending in Sending.objects.iterator(chunk_size=BATCH_SIZE):
        if _names(sending, name, addresses):
            _erase_name(sending, name, addresses)
    Notification.objects.filter(recalled_by=name).update(recalled_by=ERASED)
    Ticket.objects.filter(
        pk__in=[one.pk for one in Ticket.objects.iterator() if _contains(one.claims, str(id))]
    ).delete()
    asked = [one.pk for one in IdempotentRequest.objects.iterator() if _contains(one.answer, topic)]
    IdempotentRequest.objects.filter(pk__in=asked).delete()
    for key in ApiKey.objects.iterator():
        if topic in key.topics:
            # Replaced, not removed: a key without topics is for all of them.
            key.topics = [topics.user(NO_ID) if one == topic else one for one in key.topics]
            key.save(update_fields=["topics"])
    policy_rows.remove_person(topic)
    runs = [run.topic for run in Run.objects.filter(owner=user).only("pk")]
    _erase_admin_log(user)
    with transaction.atomic():
        user.delete()
        audit.note("forget", by=by, actor=actor, address=address, rows=sum(found.values()))
    _in_batches(Delivery.objects.all(), lambda rows: _erase_deliveries(rows, number))
    found["messages in the log"] = _erase_log(str(id), [topic, *runs])
    return found


def _erase_log(id: str, own: Sequence[str]) -> int:
    """Delete what Redis holds; if it cannot be reached, that expires within `HUB_LOG_TTL_S` and a day."""
    try:
        shared_log().forget(own)
        if not settings.HUB_REDIS_URL:
            return 0
        return erasure.erase(settings.HUB_REDIS_URL, id, [topics.room(pk) for pk in _rooms()])
    except LogAway as away:
        logger.warning(
            "an erased person's messages stay in the log until they expire, for up to a day: %s", away
        )
        return 0


def _rooms() -> Iterable[int]:
    return Room.objects.values_list("pk", flat=True)


def _sessions(user: User) -> Iterable[AbstractBaseSession]:
    """The sessions in which this person is signed in, or has passed the first step; others than those in a
    table end with the account."""
    model = session_data.model()
    for session in model.objects.iterator(chunk_size=BATCH_SIZE) if model is not None else ():
        data = session.get_decoded()
        if str(user.pk) in (data.get(SESSION_KEY), str(data.get(PENDING, {}).get("user"))):
            yield session


def _erase_admin_log(user: User) -> None:
    if apps.is_installed("django.contrib.admin"):
        entries: Any = apps.get_model("admin", "LogEntry")
        about: Any = user._meta
        entries.objects.filter(
            object_id=str(user.pk),
            content_type__app_label=about.app_label,
            content_type__model=about.model_name,
        ).delete()


def _addresses(user: User) -> frozenset[str]:
    """All by which notifications may have been sent to this person."""
    found = [f"user:{user.get_username()}"]
    if (field := user_model.email_field()) is not None and (email := getattr(user, field)):
        found.append(f"email:{email}")
    found += [f"id:{profile.outside_id}" for profile in Profile.objects.filter(user=user)]
    return frozenset(found)


def _names(sending: Sending, name: str, addresses: frozenset[str]) -> bool:
    return name in (sending.sender, sending.held_by) or not addresses.isdisjoint(sending.to)


def _erase_name(sending: Sending, name: str, addresses: frozenset[str]) -> None:
    """Delete a sending to this person only; remove the name from the others."""
    if sending.to and addresses.issuperset(sending.to):
        sending.delete()
        return
    sending.to = [f"user:{ERASED}" if one in addresses else one for one in sending.to]
    sending.sender = ERASED if sending.sender == name else sending.sender
    sending.held_by = ERASED if sending.held_by == name else sending.held_by
    sending.save(update_fields=["to", "sender", "held_by"])


def _erase_messages(rows: list[RoomMessage]) -> None:
    for row in rows:
        row.sender, row.name, row.body = NO_ID, ERASED, _blank(row.body)
        row.text = "" if row.removed_at else text_of(row.body)
    RoomMessage.objects.bulk_update(rows, ["sender", "name", "body", "text"])


def _erase_reactions(rows: list[RoomMessage], id: str) -> None:
    changed = [row for row in rows if _contains([row.reactions, row.mentioned], id)]
    for row in changed:
        left = {reaction: [one for one in ids if one != id] for reaction, ids in row.reactions.items()}
        row.reactions = {reaction: ids for reaction, ids in left.items() if ids}
        row.mentioned = [one for one in row.mentioned if one != id]
    RoomMessage.objects.bulk_update(changed, ["reactions", "mentioned"])


def _blank(body: Any) -> Any:
    """The same JSON without its texts: a bid keeps its amount, and so its rank."""
    if isinstance(body, str):
        return ERASED
    if isinstance(body, list):
        return [_blank(one) for one in body]
    if isinstance(body, dict):
        return {key: _blank(value) for key, value in body.items()}
    return body


def _erase_deliveries(rows: list[Delivery], number: int) -> None:
    changed = []
    for row in rows:
        if IdBitmap.holds(row.people, number):
            bitmap = IdBitmap.unpack(row.people) - IdBitmap([number])
            row.people, row.size = bitmap.pack(), len(bitmap)
            changed.append(row)
    Delivery.objects.bulk_update(changed, ["people", "size"])


def _delete(model: Any, rows: list[Any]) -> None:
    model.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _in_batches(rows: QuerySet[Any], act: Any) -> None:
    last: Any = None
    while batch := list((rows if last is None else rows.filter(pk__gt=last)).order_by("pk")[:BATCH_SIZE]):
        with transaction.atomic():
            act(batch)
        last = batch[-1].pk


def _contains(data: Any, value: str) -> bool:
    """Whether JSON data contains a value, at any depth."""
    if isinstance(data, dict):
        return any(_contains(part, value) for part in data.values())
    if isinstance(data, list):
        return any(_contains(part, value) for part in data)
    return bool(data == value)
