"""What people write, and are shown, for topics that go by ids: groups and rooms have names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from django.contrib.auth.models import Group, User

from hub import topics
from notifications.models import ROOM_NAME, UNSAYABLE, Notification, Room

ADDRESS = "group:"


def groups(wanted: Iterable[str]) -> dict[str, str]:
    """The names of the groups that some of these topics belong to, by topic."""
    ids = {id for topic in wanted if (id := topics.group_id(topic)) is not None}
    if not ids:
        return {}
    return {topics.group(id): name for id, name in Group.objects.filter(pk__in=ids).values_list("pk", "name")}


def rooms(wanted: Iterable[str]) -> dict[str, str]:
    """The names of the rooms that some of these topics belong to, by topic."""
    ids = {id for topic in wanted if (id := topics.room_id(topic)) is not None}
    if not ids:
        return {}
    return {topics.room(id): name for id, name in Room.objects.filter(pk__in=ids).values_list("pk", "name")}


def shown(wanted: Iterable[str]) -> dict[str, str]:
    """How people are shown each of these topics: a group's as ``group:ops``, a room's as ``room-lobby``."""
    wanted = list(wanted)
    named = {topic: ADDRESS + name for topic, name in groups(wanted).items()}
    named |= {topic: topics.room_named(name) for topic, name in rooms(wanted).items()}
    return {topic: named.get(topic, topic) for topic in wanted}


def labels(most: int) -> dict[str, str]:
    """The same of so many groups and so many rooms, for whoever cannot say which will be shown."""
    found = {topics.group(id): ADDRESS + name for id, name in Group.objects.values_list("pk", "name")[:most]}
    for id, name in Room.objects.values_list("pk", "name")[:most]:
        found[topics.room(id)] = topics.room_named(name)
    return found


def written(wanted: Iterable[str]) -> dict[str, str]:
    """How people write each of these topics where a topic is asked for: a group's as ``group-ops``."""
    wanted = list(wanted)
    named = groups(wanted)
    return {topic: topics.group_named(named[topic]) if topic in named else topic for topic in wanted}


def addressed(wanted: Iterable[str]) -> dict[str, str]:
    """The same as `written`, and of people as they are addressed: ``user:alice``."""
    wanted = list(wanted)
    ids = [topic.removeprefix(topics.user("")) for topic in wanted if topic.startswith(topics.user(""))]
    people = User.objects.filter(pk__in=[id for id in ids if id.isascii() and id.isdigit() and len(id) < 19])
    named = {topics.user(id): f"user:{name}" for id, name in people.values_list("pk", "username")}
    return written(wanted) | {topic: named[topic] for topic in wanted if topic in named}


def meant(said: Sequence[str]) -> list[str]:
    """The topics that somebody means who writes these; what names nothing that is there stands for itself.

    ``group:ops`` and ``group-ops`` mean the group's, ``room-lobby`` the room's.
    """
    found = {**_groups_meant(said), **rooms_meant(said)}
    return [found.get(one, one) for one in said]


def groups_meant(said: Sequence[str]) -> list[str]:
    """The same of groups alone."""
    found = _groups_meant(said)
    return [found.get(one, one) for one in said]


def rooms_meant(said: Iterable[str]) -> dict[str, str]:
    """The topics of the rooms that these name as people write them: ``room-lobby``."""
    asked = {one.removeprefix(topics.room("")) for one in said if topics.is_room(one)}
    asked = {name for name in asked if re.fullmatch(ROOM_NAME, name)}
    if not asked:
        return {}
    found = Room.objects.filter(name__in=asked).values_list("pk", "name")
    return {topics.room_named(name): topics.room(id) for id, name in found}


def name(rows: Iterable[Notification]) -> None:
    """Have these rows know the names of the groups they are for, in one query at most."""
    rows = [row for row in rows if "group" not in row.__dict__]
    known = groups(row.topic for row in rows)
    for row in rows:
        row.group = known.get(row.topic)


def _groups_meant(said: Iterable[str]) -> dict[str, str]:
    asked = {one: _group_name(one) for one in said if one.startswith((ADDRESS, topics.group("")))}
    if not asked:
        return {}
    rows = Group.objects.all()
    if None not in asked.values():
        rows = rows.filter(name__in=set(asked.values()))
    found: dict[str, str] = {}
    for id, name in rows.values_list("pk", "name"):
        found[ADDRESS + name] = found[topics.group_named(name)] = topics.group(id)
    return {one: found[one] for one in asked if one in found}


def _group_name(said: str) -> str | None:
    """None for a spelling that does not give the name back."""
    if not said.startswith(ADDRESS) and "~" in said:
        return None
    name = said.removeprefix(ADDRESS).removeprefix(topics.group(""))
    return "" if UNSAYABLE.search(name) else name
