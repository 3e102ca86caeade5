"""The rooms there are: finding those of a person, making one, closing one, and whom it is closed to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from hub.errors import Problem
from notifications.access import membership
from notifications.models import ROOM_NAME, UNSAYABLE, Room, valid_kind

MAX_PEOPLE = 500  # named when a room is made; more are a group


def of(user: User) -> QuerySet[Room]:
    """The rooms that a person may enter, by name."""
    mine = membership.opened([user.pk], Room.objects.all()).get(user.pk, set())
    return Room.objects.filter(pk__in=mine)


def find(user: User) -> list[dict[str, Any]]:
    """The same as `item` tells them."""
    return [item(room) for room in of(user).select_related("group").prefetch_related("people")]


def item(room: Room) -> dict[str, Any]:
    """``{"name", "kind", "members"}``: members are "everyone", "group:…" or a list of usernames."""
    return {"name": room.name, "kind": room.kind, "members": _members(room)}


def make(name: str, kind: str, members: str | Sequence[str]) -> Room:
    """A new room for "everyone", "group:…" or ["user:…", …]; raise a `Problem` of 409 or 422."""
    if not re.fullmatch(ROOM_NAME, name):
        raise Problem(422, "A name is 1 to 64 of a-z 0-9 -, the first not a dash.", field="name")
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
            raise Problem(409, f"There is a room {name!r} already: take another name.")
        room.people.set(people)
    return room


def close(room: Room) -> None:
    """Put everybody out, on every instance, and let nobody in until it is opened again."""
    if room.closed_at is None:
        room.closed_at = timezone.now()
        room.save(update_fields=["closed_at"])


def reopen(room: Room) -> None:
    room.closed_at = None
    room.save(update_fields=["closed_at"])


def remove(room: Room, user: User) -> None:
    """Put a person out, and keep them out whatever else would let them in."""
    room.removed.add(user)


def let_back(room: Room, user: User) -> None:
    """Let them in again, if they are of those it is for."""
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
        return (*_crowd(members), [])
    if not 1 <= len(members) <= MAX_PEOPLE:
        raise Problem(422, f"Name 1 to {MAX_PEOPLE} people: more are a group.", field="members")
    names = {member.removeprefix("user:") for member in members if not UNSAYABLE.search(member)}
    users = {user.get_username(): user for user in User.objects.filter(username__in=names, is_active=True)}
    for member in members:
        if not member.startswith("user:") or member.removeprefix("user:") not in users:
            raise Problem(422, f"{member[:80]!r} is nobody here: use user:…", field="members")
    return Room.Audience.PEOPLE, None, list(users.values())


def _crowd(members: str) -> tuple[Room.Audience, Group | None]:
    if members == "everyone":
        return Room.Audience.EVERYONE, None
    kind, _, name = members.partition(":")
    known = kind == "group" and not UNSAYABLE.search(name)
    group = Group.objects.filter(name=name).first() if known else None
    if group is None:
        raise Problem(
            422, f"{members[:80]!r} is nobody: use everyone, group:… or [user:…, …].", field="members"
        )
    return Room.Audience.GROUP, group
