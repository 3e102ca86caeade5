"""The accounts of people whom another system describes: found by its id, or created."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password

from notifications import user_model
from notifications.models import Profile
from notifications.people.description import PROFILE_FIELDS, Description, PersonRefused
from notifications.user_model import User

BATCH_SIZE = 1000


def locked(people: Sequence[Description]) -> dict[str, User]:
    """The existing accounts by id, locked until the transaction ends: those known by it, and those who sign
    in with it. Raises `PersonRefused` of 403 for the first one that is staff's."""
    ids = [person.id for person in people]
    rows = user_model.users().select_related("hub_profile").order_by("pk")
    # Not the joined profile, which may be missing.
    known = rows.filter(hub_profile__outside_id__in=ids).select_for_update(of=("self",))
    found = {user.hub_profile.outside_id: user for user in known}
    if missing := [id for id in ids if id not in found]:
        named = rows.filter(**{f"{user_model.name_field()}__in": missing, "hub_profile": None})
        found |= {user.get_username(): user for user in named.select_for_update(of=("self",))}
    for index, id in enumerate(ids):
        if id in found and is_protected(found[id]):
            raise PersonRefused(index, "id", f"{id[:80]!r} is staff of this site: change it there.", 403)
    return found


def create(people: Sequence[tuple[int, Description]]) -> dict[str, User]:
    """New accounts without a password, by id; each description comes with its index.

    Raises `PersonRefused` for a name that the user model cannot hold, or that is another person's.
    """
    rows = {person.id: _account(index, person) for index, person in people}
    check_names([(index, rows[person.id].get_username()) for index, person in people])
    # A name that another request creates now violates the constraint, and the transaction is repeated.
    user_model.users().bulk_create(rows.values(), batch_size=BATCH_SIZE)
    return rows


def check(people: Sequence[Description], existing: Mapping[str, User]) -> None:
    """Raise `PersonRefused` for a value that the user model has no field for, or an e-mail address that is
    another person's name."""
    for index, person in enumerate(people):
        values = person.values
        if values.get("email") and user_model.email_field() is None:
            raise PersonRefused(index, "email", "The people of this site have no e-mail address.")
        if values.get("active") is False and not user_model.has_field("is_active"):
            raise PersonRefused(index, "active", "The people of this site cannot be deactivated.")
        if named_by_email() and "email" in values and not values["email"]:
            raise PersonRefused(index, "email", "Give an e-mail address: people sign in with it here.")
    if named_by_email():
        renamed = [
            (index, person.values["email"])
            for index, person in enumerate(people)
            if person.id in existing
            and person.values.get("email", existing[person.id].get_username())
            != existing[person.id].get_username()
        ]
        check_names(renamed)


def check_names(names: Sequence[tuple[int, str]]) -> None:
    """Raise `PersonRefused` of 409 for the first new name, with its index, that is in_use."""
    field = user_model.name_field()
    rows = user_model.users().filter(**{f"{field}__in": [name for _, name in names]}) if names else ()
    in_use = {user.get_username() for user in rows}
    for index, name in names:
        if name in in_use:
            at_fault = "email" if named_by_email() else "id"
            raise PersonRefused(index, at_fault, f"{name[:80]!r} is another person's: use theirs.", 409)
        in_use.add(name)


def named_by_email() -> bool:
    """Whether people sign in with their e-mail address."""
    return user_model.name_field() == user_model.email_field()


def apply(user: User, values: Mapping[str, Any]) -> list[str]:
    """Set the user's fields as described, and return the names of those that changed."""
    fields = {"is_active": values.get("active"), user_model.email_field(): values.get("email")}
    changed = []
    for field, value in fields.items():
        if field is None or value is None or not user_model.has_field(field):
            continue
        if getattr(user, field) != value:
            setattr(user, field, value)
            changed.append(field)
    return changed


def is_protected(user: User) -> bool:
    """Whether the account is staff's, whose fields no program may change."""
    return user_model.is_staff(user) or bool(getattr(user, "is_superuser", False))


def _account(index: int, person: Description) -> User:
    name = person.values["email"] if named_by_email() else person.id
    field: Any = get_user_model()._meta.get_field(user_model.name_field())
    longest = field.max_length or user_model.MAX_NAME
    if len(name) > longest:
        at_fault = "email" if named_by_email() else "id"
        raise PersonRefused(index, at_fault, f"Use at most {longest} characters.")
    user: User = get_user_model()(**{user_model.name_field(): name}, password=make_password(None))
    apply(user, person.values)
    return user


def profiles(
    people: Sequence[Description], existing: Mapping[str, User], created: Mapping[str, User]
) -> list[Profile]:
    """The profiles of these people that are new or change."""
    changed = []
    for person in people:
        # Of a new user Django would look for one.
        known = getattr(existing.get(person.id), "hub_profile", None)
        row = known or Profile(user=existing.get(person.id) or created[person.id])
        described = {"outside_id": person.id, **_profile_values(person.values)}
        if known is None or any(getattr(row, name) != value for name, value in described.items()):
            for name, value in described.items():
                setattr(row, name, value)
            changed.append(row)
    return changed


def _profile_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in PROFILE_FIELDS if name in values}
