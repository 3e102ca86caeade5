"""People as programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from hub.errors import Problem
from notifications import pagination, user_model
from notifications.models import UNSAYABLE
from notifications.user_model import User


def find(id: str) -> User:
    """The person whom another system knows by this id, or who signs in with it. Raises a `Problem` of 404."""
    user: User | None = None if UNSAYABLE.search(id) else _rows().filter(outside=id).first()
    if user is None:
        raise Problem(404, f"There is no person {id[:80]!r}.")
    return user


def page(size: int, after: str, group: str, active: bool | None) -> tuple[list[User], bool]:
    """Up to ``size`` people in order of their ids, and whether more follow."""
    rows = _rows()
    if group and (memberships := user_model.memberships()) is not None:
        groups = Group.objects.filter(name=group).values_list("pk", flat=True)
        rows = rows.filter(pk__in=memberships.in_groups([*groups]).values(memberships.user))
    elif group:
        rows = rows.none()
    if active is not None and user_model.has_field("is_active"):
        rows = rows.filter(is_active=active)
    return pagination.page(rows, ["outside"], size, [after] if after else None)


def items(users: Sequence[User]) -> list[dict[str, Any]]:
    """As they are answered."""
    groups = _groups([user.pk for user in users])
    return [_item(user, groups.get(user.pk, [])) for user in users]


def _rows() -> QuerySet[Any]:
    """All users, with ``outside``, the id they have for programs."""
    rows: Any = user_model.users().select_related("hub_profile")
    found: QuerySet[Any] = rows.annotate(
        outside=Coalesce("hub_profile__outside_id", F(user_model.name_field()))
    )
    return found


def _item(user: Any, groups: list[str]) -> dict[str, Any]:
    profile = getattr(user, "hub_profile", None)
    email = user_model.email_field()
    return {
        "id": user.outside,
        "user": user.get_username(),
        "name": profile.name if profile else "",
        "email": getattr(user, email) or "" if email else "",
        "language": profile.language if profile else "",
        "zone": profile.zone if profile else "",
        "groups": sorted(groups),
        "active": user_model.is_active(user),
    }


def _groups(keys: Sequence[Any]) -> dict[Any, list[str]]:
    """By user, the names of their groups."""
    found: dict[Any, list[str]] = {}
    memberships = user_model.memberships()
    if memberships is not None and keys:
        rows = memberships.model._default_manager.filter(**{f"{memberships.user}__in": keys})
        for key, name in rows.values_list(memberships.user, f"{memberships.group}__name"):
            found.setdefault(key, []).append(name)
    return found
