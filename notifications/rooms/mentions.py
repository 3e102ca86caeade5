"""Mentions: a message of a chat that names a person, as ``@name``, notifies them once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from django.db import transaction

from hub.support.faults import malformed
from hub.support.outages import DATABASE_AWAY
from notifications import user_model
from notifications.access import membership
from notifications.models import Room, RoomMessage
from notifications.user_model import User

MAX_MENTIONS = 50  # people of one message
# Notifies these people; a message, its room.
Notify = Callable[[Sequence[User], RoomMessage, Room], object]

_MENTION = re.compile(r"(?<![\w.@+-])@([\w.@+-]{1,150})")


def announce(messages: Iterable[RoomMessage], notify: Notify) -> None:
    """Notify those whom these messages mention now and did not before, if they may enter the room. Within the
    transaction that stores the messages."""
    naming = {row.position: row.room_id for row in messages if "@" in row.text and row.removed_at is None}
    if not naming:
        return
    rooms = {room.pk: room for room in Room.objects.filter(pk__in=set(naming.values()), kind="chat")}
    locked = RoomMessage.objects.select_for_update().filter(room__in=rooms, position__in=naming)
    for row in locked.order_by("position"):
        people = _mentioned(row, rooms[row.room_id])
        if not people:
            continue
        try:
            with transaction.atomic():
                notify(people, row, rooms[row.room_id])
                row.mentioned = [*row.mentioned, *(str(person.pk) for person in people)]
                row.save(update_fields=["mentioned"])
        except DATABASE_AWAY:
            raise
        except Exception as error:
            malformed.record("mention", rooms[row.room_id].name, error)


def names(text: str) -> list[str]:
    """The names that a text may mention, in their order: with and without what ends a sentence."""
    found: dict[str, None] = {}
    for written in _MENTION.findall(text):
        for name in (written, written.rstrip(".@+-")):
            found.update(dict.fromkeys((name, name.lower())))
    return [name for name in found if name][: 4 * MAX_MENTIONS]


def _mentioned(row: RoomMessage, room: Room) -> list[User]:
    """Who is to be notified of a message."""
    people = {person.pk: person for person in user_model.named(names(row.text))}
    done = {row.sender, *row.mentioned}
    opened = membership.opened(list(people), [room])
    may = [person for key, person in people.items() if opened.get(key) and str(key) not in done]
    return may[: max(0, MAX_MENTIONS - len(row.mentioned))]
