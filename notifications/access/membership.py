"""Who may enter which room. A closed room admits no one; a person who was removed stays out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from notifications.models import Room


@dataclass(frozen=True, slots=True)
class RoomAccess:
    """A room's status for one person.

    ``open``: they may enter. ``closed``: no one may. ``removed``: banned; not even a token that names the
    room admits them.
    """

    id: int
    name: str
    kind: str
    open: bool
    closed: bool
    removed: bool


def opened(people: Collection[int], rooms: Iterable[Room]) -> dict[int, set[int]]:
    """By id of each active person: the ids of those of these rooms that they may enter."""
    rooms = [room for room in rooms if room.closed_at is None]
    active = User.objects.filter(pk__in=people, is_active=True).values_list("pk", flat=True)
    groups = User.groups.through.objects.filter(user__in=people, group__in={room.group_id for room in rooms})
    in_groups = set(groups.values_list("user_id", "group_id"))
    members = Room.people.through.objects.filter(user__in=people, room__in=rooms)
    named = set(members.values_list("user_id", "room_id"))
    banned = removed(people, {room.pk for room in rooms})

    def may(person: int, room: Room) -> bool:
        if (person, room.pk) in banned:
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
    """The pairs (person, room), by id, of which the person was removed from the room."""
    rows = Room.removed.through.objects.filter(user__in=people, room__in=rooms)
    return set(rows.values_list("user_id", "room_id"))


def may_enter(user: User, room: Room) -> bool:
    """Whether this person may enter this room now."""
    return room.pk in opened([user.pk], [room]).get(user.pk, ())


def room_access(keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], RoomAccess]:
    """By room name and person id, in a constant number of queries; rooms that do not exist are left out."""
    rooms = {room.name: room for room in Room.objects.filter(name__in={name for name, _ in keys})}
    people = {person for _, person in keys}
    open = opened(people, rooms.values())
    banned = removed(people, {room.pk for room in rooms.values()})
    return {
        (name, person): RoomAccess(
            rooms[name].pk,
            name,
            rooms[name].kind,
            open=rooms[name].pk in open.get(person, ()),
            closed=rooms[name].closed_at is not None,
            removed=(person, rooms[name].pk) in banned,
        )
        for name, person in keys
        if name in rooms
    }
