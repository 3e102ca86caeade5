"""Converts between topics, which contain ids, and the names of groups, rooms and people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from django.contrib.auth.models import Group

from hub import topics
from notifications import user_model
from notifications.models import ROOM_NAME, UNSAYABLE, Notification, Room

ADDRESS = "group:"


def groups(requested: Iterable[str]) -> dict[str, str]:
    """By topic, the group names of those topics that belong to existing groups."""
    ids = {id for topic in requested if (id := topics.group_id(topic)) is not None}
    if not ids:
        return {}
    return {topics.group(id): name for id, name in Group.objects.filter(pk__in=ids).values_list("pk", "name")}


def rooms(requested: Iterable[str]) -> dict[str, str]:
    """By topic, the room names of those topics that belong to existing rooms."""
    ids = {id for topic in requested if (id := topics.room_id(topic)) is not None}
    if not ids:
        return {}
    return {topics.room(id): name for id, name in Room.objects.filter(pk__in=ids).values_list("pk", "name")}


def labels(requested: Iterable[str]) -> dict[str, str]:
    """The display name of each topic: ``group:ops`` for a group's, ``room-lobby`` for a room's."""
    requested = list(requested)
    named = {topic: ADDRESS + name for topic, name in groups(requested).items()}
    named |= {topic: topics.room_named(name) for topic, name in rooms(requested).items()}
    return {topic: named.get(topic, topic) for topic in requested}


def all_labels(limit: int) -> dict[str, str]:
    """The display names of up to ``limit`` groups and ``limit`` rooms, by topic."""
    found = {topics.group(id): ADDRESS + name for id, name in Group.objects.values_list("pk", "name")[:limit]}
    for id, name in Room.objects.values_list("pk", "name")[:limit]:
        found[topics.room(id)] = topics.room_named(name)
    return found


def written(requested: Iterable[str]) -> dict[str, str]:
    """How each topic is written in requests: ``group-ops`` for a group's."""
    requested = list(requested)
    named = groups(requested)
    return {topic: topics.group_named(named[topic]) if topic in named else topic for topic in requested}


def addressed(requested: Iterable[str]) -> dict[str, str]:
    """Like `written`, with ``user:alice`` for people's topics."""
    requested = list(requested)
    keys = [key for topic in requested if (key := user_model.topic_key(topic)) is not None]
    people = user_model.users().filter(pk__in=keys).values_list("pk", user_model.name_field()) if keys else ()
    named = {topics.user(key): f"user:{name}" for key, name in people}
    return written(requested) | {topic: named[topic] for topic in requested if topic in named}


def meant(texts: Sequence[str]) -> list[str]:
    """The topic of each text: ``group:ops`` and ``group-ops`` name a group, ``room-lobby`` a room.

    A text that names nothing that exists is returned as it is.
    """
    found = {**_groups_meant(texts), **rooms_meant(texts)}
    return [found.get(text, text) for text in texts]


def groups_meant(texts: Sequence[str]) -> list[str]:
    """Like `meant`, for groups only."""
    found = _groups_meant(texts)
    return [found.get(text, text) for text in texts]


def rooms_meant(texts: Iterable[str]) -> dict[str, str]:
    """By text (``room-lobby``), the topics of the existing rooms that these name."""
    asked = {text.removeprefix(topics.room("")) for text in texts if topics.is_room(text)}
    asked = {name for name in asked if re.fullmatch(ROOM_NAME, name)}
    if not asked:
        return {}
    found = Room.objects.filter(name__in=asked).values_list("pk", "name")
    return {topics.room_named(name): topics.room(id) for id, name in found}


def name(rows: Iterable[Notification]) -> None:
    """Set `Notification.group` of these rows, in at most one query."""
    rows = [row for row in rows if "group" not in row.__dict__]
    found = groups(row.topic for row in rows)
    for row in rows:
        row.group = found.get(row.topic)


def _groups_meant(texts: Iterable[str]) -> dict[str, str]:
    asked = {one: _group_name(one) for one in texts if one.startswith((ADDRESS, topics.group("")))}
    if not asked:
        return {}
    rows = Group.objects.all()
    if None not in asked.values():
        rows = rows.filter(name__in=set(asked.values()))
    found: dict[str, str] = {}
    for id, name in rows.values_list("pk", "name"):
        found[ADDRESS + name] = found[topics.group_named(name)] = topics.group(id)
    return {one: found[one] for one in asked if one in found}


def _group_name(text: str) -> str | None:
    """The group's name; None for a spelling from which it cannot be derived."""
    if not text.startswith(ADDRESS) and "~" in text:
        return None
    name = text.removeprefix(ADDRESS).removeprefix(topics.group(""))
    return "" if UNSAYABLE.search(name) else name
