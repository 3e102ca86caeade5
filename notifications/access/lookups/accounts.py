"""The accounts of active users, as admission needs them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import F

from notifications import user_model
from notifications.access.lookups import person_rows
from notifications.access.lookups.person_rows import ACCOUNT, PERSON
from notifications.user_model import Key, User


class Account(NamedTuple):
    """An active user, of whom what admission does not read is loaded when it is needed; and up to when their
    sessions have ended."""

    user: User
    ended_at: datetime | None


def of(people: Collection[Key], rows: Sequence[Any]) -> dict[Key, Account]:
    """By key, of those of these people who are active, from `person_rows` for admission; with a query of
    their own if the user model is not plain."""
    if not person_rows.is_plain():
        users: Any = user_model.active_users().annotate(ended_at=F("ending__sessions_at"))
        return {key: Account(user, user.ended_at) for key, user in users.in_bulk(people).items()}
    names = {key: name for kind, key, _, name, _, _ in rows if kind == PERSON}
    return {
        key: Account(_user(key, names[key], password, is_staff=bool(staff)), at and person_rows.moment(at))
        for kind, key, staff, password, active, at in rows
        if kind == ACCOUNT and active
    }


def _user(key: Key, name: str, password: str, *, is_staff: bool) -> User:
    model: Any = get_user_model()
    known = {
        model._meta.pk.attname: key,
        **{"password": password, user_model.name_field(): name, "is_active": True, "is_staff": is_staff},
    }
    names = [field.attname for field in model._meta.concrete_fields if field.attname in known]
    found: User = model.from_db(None, names, [known[name] for name in names])
    return found
