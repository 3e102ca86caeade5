"""The groups of people whom another system describes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import Group

from hub.errors import Problem
from notifications import user_model
from notifications.people.description import Description, PersonRefused
from notifications.user_model import Key

BATCH_SIZE = 1000


def replace(people: Sequence[Description], keys: Mapping[str, Key]) -> set[Key]:
    """Put people into the groups that are described and out of all others; return whose groups changed.

    Groups that do not exist are created. Raises `PersonRefused` of 403 for a group that gives permissions.
    """
    described = {keys[one.id]: one.values["groups"] for one in people if "groups" in one.values}
    memberships = user_model.memberships()
    if memberships is None:
        if any(described.values()):
            raise Problem(422, "The people of this site have no groups.", field="groups")
        return set()
    if not described:
        return set()
    ids = _ids(people)
    pairs = {(key, ids[name]) for key, names in described.items() for name in names}
    rows = memberships.model._default_manager.filter(**{f"{memberships.user}__in": [*described]})
    columns = rows.values_list("pk", memberships.user, memberships.group)
    existing = {(key, group): pk for pk, key, group in columns}
    gone = [pk for pair, pk in existing.items() if pair not in pairs]
    new = [pair for pair in pairs if pair not in existing]
    if gone:
        rows.filter(pk__in=gone).delete()
    if new:
        made = [memberships.model(**_fields(memberships, *pair)) for pair in sorted(new, key=str)]
        memberships.model._default_manager.bulk_create(made, batch_size=BATCH_SIZE, ignore_conflicts=True)
    return {key for key, _ in pairs.symmetric_difference(existing)}


def _fields(memberships: user_model.Memberships, key: Key, group: int) -> dict[str, Any]:
    table = memberships.model._meta
    return {
        table.get_field(memberships.user).attname: key,  # type: ignore[union-attr]
        table.get_field(memberships.group).attname: group,  # type: ignore[union-attr]
    }


def _ids(people: Sequence[Description]) -> dict[str, int]:
    """By name, the ids of all groups that are described."""
    names = {name for one in people for name in one.values.get("groups", ())}
    rows = _groups(names)
    if missing := sorted(names.difference(rows)):
        Group.objects.bulk_create([Group(name=name) for name in missing], ignore_conflicts=True)
        rows = _groups(names)
    powerful = set(
        Group.objects.filter(pk__in=rows.values(), permissions__isnull=False).values_list("name", flat=True)
    )
    for index, one in enumerate(people):
        if found := powerful.intersection(one.values.get("groups", ())):
            text = f"The group {min(found)[:80]!r} gives permissions: add people to it in the admin."
            raise PersonRefused(index, "groups", text, 403)
    return rows


def _groups(names: Collection[str]) -> dict[str, int]:
    return dict(Group.objects.filter(name__in=names).values_list("name", "pk"))
