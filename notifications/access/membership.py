"""Which rooms open to whom. A closed one opens to nobody, nor any to whom was removed from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from hub.support.coalesce import Batch
from hub.support.threads import in_thread
from notifications.models import Room


@dataclass(frozen=True, slots=True)
class Door:
    """A room as one person finds it: ``open`` to them, ``closed`` to all; a token that names it opens it
    too, but not to whom was ``removed``."""

    id: int
    name: str
    kind: str
    open: bool
    closed: bool
    removed: bool


def opened(people: Collection[int], rooms: Iterable[Room]) -> dict[int, set[int]]:
    """Of each of these people who is here, which of these rooms they may enter, all by id."""
    rooms = [room for room in rooms if room.closed_at is None]
    active = User.objects.filter(pk__in=people, is_active=True).values_list("pk", flat=True)
    groups = User.groups.through.objects.filter(user__in=people, group__in={room.group_id for room in rooms})
    in_groups = set(groups.values_list("user_id", "group_id"))
    members = Room.people.through.objects.filter(user__in=people, room__in=rooms)
    named = set(members.values_list("user_id", "room_id"))
    shut = removed(people, {room.pk for room in rooms})

    def may(person: int, room: Room) -> bool:
        if (person, room.pk) in shut:
            return False
        match room.audience:
            case Room.Audience.EVERYONE:
                return True
            case Room.Audience.GROUP:
                return (person, room.group_id) in in_groups
            case Room.Audience.PEOPLE:
                return (person, room.pk) in named
        return False

    return {person: {room.pk for room in rooms if may(person, room)} for person in active}


def removed(people: Collection[int], rooms: Collection[int]) -> set[tuple[int, int]]:
    """Those of these people who were removed from one of these rooms, all by id: person and room."""
    rows = Room.removed.through.objects.filter(user__in=people, room__in=rooms)
    return set(rows.values_list("user_id", "room_id"))


def may_enter(user: User, room: Room) -> bool:
    return room.pk in opened([user.pk], [room]).get(user.pk, ())


async def _ask(asked: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Door]:
    return await in_thread(_doors, asked)


def _doors(asked: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Door]:
    rooms = {room.name: room for room in Room.objects.filter(name__in={name for name, _ in asked})}
    people = {person for _, person in asked}
    open = opened(people, rooms.values())
    shut = removed(people, {room.pk for room in rooms.values()})
    return {
        (name, person): Door(
            rooms[name].pk,
            name,
            rooms[name].kind,
            open=rooms[name].pk in open.get(person, ()),
            closed=rooms[name].closed_at is not None,
            removed=(person, rooms[name].pk) in shut,
        )
        for name, person in asked
        if name in rooms
    }


# Of a room's name and a person's id. Not cached: an answer older than its question would let somebody in
# after their right was asked about.
doors: Batch[tuple[str, int], Door] = Batch(_ask)
