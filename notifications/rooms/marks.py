"""Up to where people have read rooms, and how many messages of each are unread."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from django.db.models import Max

from hub import events, topics
from hub.events import Draft
from hub.log.current import shared_log
from hub.support import transactions
from notifications import user_model
from notifications.access import membership
from notifications.models import Room, RoomMark
from notifications.rooms import history
from notifications.user_model import Key, User

MAX_UNREAD = 999  # of a room; it means so many or more
READ, STORED = "room-read", "room-stored"  # on the control topic


class Unread(NamedTuple):
    """Of a room: its name, how many messages are unread, and up to where they are read."""

    room: str
    unread: int
    position: int

    def item(self) -> dict[str, Any]:
        return {"room": self.room, "unread": self.unread, "position": str(self.position)}


def unread(people: Collection[Key], ids: Collection[int] | None = None) -> dict[Key, list[Unread]]:
    """By key of each person, the rooms that they follow, or those of these ids: what they entered, and what
    is for a group or for people by name and they may enter. Own messages are never unread."""
    rooms = {room.pk: room for room in history.kept_rooms().filter(closed_at=None)}
    if ids is not None:
        rooms = {id: room for id, room in rooms.items() if id in ids}
    marks = RoomMark.objects.filter(user__in=people, room__in=rooms).values_list("user", "room", "position")
    read = {(user, room): position for user, room, position in marks}
    addressed = [room for room in rooms.values() if room.audience != Room.Audience.EVERYONE]
    followed = {room for _, room in read}
    asked = [*addressed, *(rooms[id] for id in followed if rooms[id].audience == Room.Audience.EVERYONE)]
    opened = membership.opened(people, asked) if asked else {}
    named = {room.pk for room in addressed}
    bounds: dict[int, dict[Key, int]] = {}
    for person, open in opened.items():
        for id in open:
            if id in named or (person, id) in read:
                bounds.setdefault(id, {})[person] = read.get((person, id), 0)
    found: dict[Key, list[Unread]] = {}
    for id, of_people in sorted(bounds.items(), key=lambda item: rooms[item[0]].name):
        latest = _latest(id, min(of_people.values()))
        for person, position in of_people.items():
            own = str(person)
            number = sum(1 for at, sender in latest if at > position and sender != own)
            found.setdefault(person, []).append(Unread(rooms[id].name, min(number, MAX_UNREAD), position))
    return found


def read(user: User, room: Room, position: int | None = None) -> Unread:
    """Mark a room as read up to a position, at most its last message; never takes anything back."""
    last = history.of_room(room.pk).aggregate(last=Max("position", default=0))["last"]
    upto = last if position is None else min(position, last)
    mark, made = RoomMark.objects.get_or_create(user=user, room=room, defaults={"position": upto})
    if made or RoomMark.objects.filter(pk=mark.pk, position__lt=upto).update(position=upto):
        report = events.draft(topics.CONTROL, READ, {"person": str(user.pk), "room": room.pk})
        transactions.after_commit(_append, report)
    return next(one for one in unread([user.pk], [room.pk])[user.pk] if one.room == room.name)


def follow(entered: Iterable[tuple[str, str]]) -> None:
    """People, by id, who entered rooms, by topic: what comes from now on is unread for them."""
    found = [(user_model.key_of(person), topics.room_id(topic) or 0) for person, topic in entered]
    people = set(
        user_model.active_users().filter(pk__in={key for key, _ in found}).values_list("pk", flat=True)
    )
    kept = history.kept_rooms().filter(pk__in={id for _, id in found})
    last = dict(kept.values_list("pk").annotate(Max("messages__position", default=0)))
    marks = [
        RoomMark(user_id=key, room_id=id, position=last[id])
        for key, id in found
        if key in people and id in last
    ]
    RoomMark.objects.bulk_create(marks, ignore_conflicts=True)


def stored(ids: Sequence[int]) -> Draft:
    """What reports to every instance that messages of these rooms are new, or others."""
    return events.draft(topics.CONTROL, STORED, {"rooms": list(ids)})


def _append(draft: Draft) -> None:
    shared_log().append([draft])


def _latest(room: int, after: int) -> list[tuple[int, str]]:
    """Position and sender of the latest messages after a position."""
    latest = history.of_room(room).filter(position__gt=after).order_by("-position")
    return list(latest.values_list("position", "sender")[: 2 * MAX_UNREAD])
