"""The project's user model, and what differs between one project's and another's.

In queries a user goes by their primary key; in topics, tokens and events by the text of it, their id; in id
bitmaps by an integer (`notifications.models.user_numbers`). The model may lack ``is_active``, ``is_staff``,
``date_joined`` and ``groups``: then everyone is active, no one is staff, and all were always there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, PermissionsMixin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import AutoField, F, Field, IntegerField, Model, Q, QuerySet, UUIDField

from hub import topics

if TYPE_CHECKING:
    from django.contrib.auth.models import User as User
else:
    # What any user model inherits.
    from django.contrib.auth.base_user import AbstractBaseUser as User

EPOCH = datetime.fromtimestamp(0, UTC)
MAX_KEY_LENGTH = 64  # characters, of a key that is text
MAX_NAME = 254  # characters of what people sign in with
JOINED_FIELD = "date_joined"
MAX_INTEGER = 2**63 - 1
_INTEGER = re.compile(r"[1-9][0-9]{0,18}")

# A primary key: an integer, a UUID or text. What returns one returns None for what is no key.
Key = Any


@dataclass(frozen=True, slots=True)
class Memberships:
    """The table of who belongs to which of Django's groups; ``user`` and ``group`` are its fields."""

    model: type[Model]
    user: str
    group: str

    def in_groups(self, groups: Collection[int]) -> QuerySet[Any]:
        """The rows of these groups (by id)."""
        return self.model._default_manager.filter(**{f"{self.group}__in": groups})


def model() -> type[User]:
    return get_user_model()


def users() -> QuerySet[User]:
    """All users."""
    return get_user_model()._default_manager.all()


def active_users() -> QuerySet[User]:
    """Those who may sign in."""
    manager = get_user_model()._default_manager
    return manager.filter(is_active=True) if has_field("is_active") else manager.all()


def named(names: Collection[str]) -> QuerySet[User]:
    """The active users who sign in with one of these names."""
    return active_users().filter(**{f"{name_field()}__in": names})


def name_field() -> str:
    """The field that people sign in with, and are addressed by."""
    return get_user_model().USERNAME_FIELD


@cache
def email_field() -> str | None:
    """The field for the e-mail address; None if there is none."""
    name = get_user_model().get_email_field_name()
    return name if has_field(name) else None


@cache
def has_field(name: str) -> bool:
    """Whether the user model has this field."""
    try:
        get_user_model()._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


@cache
def key_field() -> Field[Any, Any]:
    """The primary key."""
    field: Any = get_user_model()._meta.pk
    while field.remote_field is not None:
        field = field.target_field  # of a model that inherits another's table
    found: Field[Any, Any] = field
    return found


@cache
def has_integer_keys() -> bool:
    """Whether the keys are integers."""
    return isinstance(key_field(), IntegerField)


@cache
def has_numbers_as_keys() -> bool:
    """Whether a key serves as the number of its user: the database counts them, so that they stay small."""
    return isinstance(key_field(), AutoField)


def key_of(id: str) -> Key:
    """The primary key that has this text; None if no key has."""
    return _key_reader()(id)


def keys_of(ids: Iterable[str]) -> dict[str, Key]:
    """By id, the primary keys of those of these ids that are one."""
    read = _key_reader()
    return {id: key for id in ids if (key := read(id)) is not None}


def topic_key(topic: str) -> Key:
    """The primary key in a user's topic; None for other topics."""
    id = topics.user_id(topic)
    return None if id is None else key_of(id)


def in_path(key: Key) -> str:
    """A primary key in the path of a URL: as in a topic."""
    return topics.user(key).removeprefix(topics.user(""))


def key_in_path(text: str) -> Key:
    """The primary key in a path; None if it is none."""
    return topic_key(topics.user("") + text)


def in_json(key: Key) -> int | str:
    """A primary key in JSON data."""
    return key if isinstance(key, int) else str(key)


def joined_at(user: User) -> datetime:
    """When they joined; the epoch where the model does not record it."""
    return getattr(user, JOINED_FIELD, None) or EPOCH


def joined_by(at: datetime | F, path: str = "") -> Q:
    """A condition on users, or on rows with the ``path`` to theirs: who joined at a moment or before it."""
    return Q(**{f"{path}{JOINED_FIELD}__lte": at}) if has_field(JOINED_FIELD) else Q()


def existing(keys: Collection[Key]) -> set[Key]:
    """Those of these keys that are a user's; none is looked up that is its number."""
    if has_numbers_as_keys() or not keys:
        return set(keys)
    return set(users().filter(pk__in=keys).values_list("pk", flat=True))


def is_active(user: User) -> bool:
    """Whether they may sign in."""
    return bool(getattr(user, "is_active", True))


def is_staff(user: Any) -> bool:
    """Whether they may use Django's admin."""
    return bool(getattr(user, "is_staff", False))


@cache
def memberships() -> Memberships | None:
    """Who belongs to which of Django's groups; None where the user model has none of them."""
    if not has_field("groups"):
        return None
    groups: Any = get_user_model()._meta.get_field("groups")
    if groups.related_model is not Group:
        return None
    return Memberships(groups.remote_field.through, groups.m2m_field_name(), groups.m2m_reverse_field_name())


def group_members(people: Collection[Key], groups: Collection[int]) -> set[tuple[Key, int]]:
    """The pairs (person, group), by key and id, of which the person belongs to the group."""
    table = memberships()
    if table is None or not groups:
        return set()
    rows = table.in_groups(groups).filter(**{f"{table.user}__in": people})
    return set(rows.values_list(table.user, table.group))


@cache
def has_permissions() -> bool:
    """Whether the model has Django's permissions."""
    return issubclass(get_user_model(), PermissionsMixin)


def permission_paths() -> tuple[str, str]:
    """From a permission to the users who have it, by themselves and by a group."""
    fields: Any = get_user_model()._meta
    own, groups = (fields.get_field(name).related_query_name() for name in ("user_permissions", "groups"))
    return own, f"group__{groups}"


@cache
def _key_reader() -> Callable[[str], Key]:
    if has_integer_keys():
        return _integer
    return _uuid if isinstance(key_field(), UUIDField) else _text


def _integer(id: str) -> int | None:
    return int(id) if _INTEGER.fullmatch(id) and int(id) <= MAX_INTEGER else None


def _text(id: str) -> str | None:
    # PostgreSQL stores no NUL, and UTF-8 has no lone surrogates.
    return id if id and id.isprintable() else None


def _uuid(id: str) -> UUID | None:
    try:
        found = UUID(id)
    except ValueError:
        return None
    return found if str(found) == id else None
