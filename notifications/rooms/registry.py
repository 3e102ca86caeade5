"""Rooms in the database: finding, making and closing them, and removing people from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from hub.errors import Problem
from notifications import user_model
from notifications.access import membership
from notifications.models import ROOM_NAME, UNSAYABLE, Room, valid_kind
from notifications.user_model import User

MAX_UNKNOWN_SHOWN = 10  # in a text
MAX_PEOPLE = 500  # named when a room is made; for more there are groups


def of(user: User) -> QuerySet[Room]:
    """The rooms that a person may enter, by name."""
    ids = membership.opened([user.pk], Room.objects.all()).get(user.pk, set())
    return Room.objects.filter(pk__in=ids)


def find(user: User) -> list[dict[str, Any]]:
    """The same, as JSON (`item`)."""
    return [item(room) for room in of(user).select_related("group").prefetch_related("people")]


def item(room: Room) -> dict[str, Any]:
    """A room as JSON: ``{"name", "kind", "members"}``, where members are "everyone", "group:…" or a list of
    usernames."""
    return {"name": room.name, "kind": room.kind, "members": _members(room)}


def make(name: str, kind: str, members: str | Sequence[str]) -> Room:
    """Create a room for "everyone", "group:…" or ["user:…", …]. Raises a `Problem` of 409 or 422."""
    if not re.fullmatch(ROOM_NAME, name):
        raise Problem(
            422, "A room name is 1 to 64 of a-z, 0-9 and -, not starting with a dash.", field="name"
        )
    try:
        valid_kind(kind)
    except ValidationError as bad:
        raise Problem(422, bad.messages[0], field="kind") from None
    audience, group, people = _audience(members)
    with transaction.atomic():
        room, made = Room.objects.get_or_create(
            name=name, defaults={"kind": kind, "audience": audience, "group": group}
        )
        if not made:
            raise Problem(409, f"Room {name!r} already exists: choose another name.")
        room.people.set(people)
    return room


def close(room: Room) -> None:
    """Disconnect everyone, on every instance, and admit no one until it is reopened."""
    if room.closed_at is None:
        room.closed_at = timezone.now()
        room.save(update_fields=["closed_at"])


def reopen(room: Room) -> None:
    """Admit people again."""
    room.closed_at = None
    room.save(update_fields=["closed_at"])


def remove(room: Room, user: User) -> None:
    """Disconnect a person and ban them, whatever else would admit them."""
    room.removed.add(user)


def let_back(room: Room, user: User) -> None:
    """Lift a ban; whether they may enter depends on the room's audience again."""
    room.removed.remove(user)


def _members(room: Room) -> str | list[str]:
    match room.audience:
        case Room.Audience.EVERYONE:
            return "everyone"
        case Room.Audience.GROUP:
            return f"group:{room.group}"
    return sorted(person.get_username() for person in room.people.all())


def _audience(members: str | Sequence[str]) -> tuple[Room.Audience, Group | None, list[User]]:
    if isinstance(members, str):
        return (*_group_or_everyone(members), [])
    if not 1 <= len(members) <= MAX_PEOPLE:
        raise Problem(422, f"Name 1 to {MAX_PEOPLE} people; use a group for more.", field="members")
    names = {member.removeprefix("user:") for member in members if not UNSAYABLE.search(member)}
    users = {user.get_username(): user for user in user_model.named(names)}
    unknown = [
        member
        for member in members
        if not member.startswith("user:") or member.removeprefix("user:") not in users
    ]
    if unknown:
        shown = ", ".join(member[:80] for member in unknown[:MAX_UNKNOWN_SHOWN])
        raise Problem(422, f"Unknown users {shown!r}: use user:…", field="members", unknown=unknown)
    return Room.Audience.PEOPLE, None, list(users.values())


def _group_or_everyone(members: str) -> tuple[Room.Audience, Group | None]:
    if members == "everyone":
        return Room.Audience.EVERYONE, None
    kind, _, name = members.partition(":")
    known = kind == "group" and not UNSAYABLE.search(name)
    group = Group.objects.filter(name=name).first() if known else None
    if group is None:
        raise Problem(
            422, f"Unknown audience {members[:80]!r}: use everyone, group:… or [user:…, …].", field="members"
        )
    return Room.Audience.GROUP, group
