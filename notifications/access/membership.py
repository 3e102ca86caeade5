"""Who may enter which room. A closed room admits no one; a person who was removed stays out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from notifications import user_model
from notifications.access import roles
from notifications.models import Room
from notifications.user_model import Key, User


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


def opened(people: Collection[Key], rooms: Iterable[Room]) -> dict[Key, set[int]]:
    """By key of each active person: the ids of those of these rooms that they may enter."""
    rooms = [room for room in rooms if room.closed_at is None]
    active = user_model.active_users().filter(pk__in=people).values_list("pk", flat=True)
    in_groups = user_model.group_members(people, {room.group_id for room in rooms if room.group_id})
    named = _listed(Room.people, people, rooms)
    banned = removed(people, {room.pk for room in rooms})

    def may(person: Key, room: Room) -> bool:
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


def removed(people: Collection[Key], rooms: Collection[int]) -> set[tuple[Key, int]]:
    """The pairs (person, room), by key and id, of which the person was removed from the room."""
    return _listed(Room.removed, people, rooms)


def _listed(relation: Any, people: Collection[Key], rooms: Collection[Any]) -> set[tuple[Key, int]]:
    """The pairs of a many-to-many relation of rooms; Django names its column after the user model."""
    user = relation.field.m2m_reverse_field_name()
    rows = relation.through.objects.filter(**{f"{user}__in": people}, room__in=rooms)
    return set(rows.values_list(user, "room_id"))


def may_enter(user: User, room: Room) -> bool:
    """Whether this person may enter this room now."""
    return room.pk in opened([user.pk], [room]).get(user.pk, ())


def moderates(person: str) -> bool:
    """Whether a person, by id, may remove what others said in rooms: staff who manage the hub may."""
    key = user_model.key_of(person)
    return "manage" in roles.of([key]).get(key, ())


def room_access(keys: Sequence[tuple[str, Key]]) -> dict[tuple[str, Key], RoomAccess]:
    """By room's name and person's key, of the rooms that exist; in a constant number of queries."""
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
