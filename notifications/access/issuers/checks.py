"""System checks of ``HUB_JWT_ISSUERS``; docs/operations.md explains each id."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error
from django.db.models import NOT_PROVIDED, AutoField, Field

from notifications import user_model
from notifications.access.issuers import issuer

GIVEN = frozenset({"password"})  # along with the name, when a user is made


def check(**kwargs: Any) -> list[CheckMessage]:
    """Entries that are malformed or contradict themselves, and what the user model cannot hold."""
    issuers, problems = issuer.parse(settings.HUB_JWT_ISSUERS)
    found: list[CheckMessage] = [
        Error(problem, hint="docs/issuers.md lists the fields.", id="hub.E010") for problem in problems
    ]
    missing = _required() if any(one.create for one in issuers.values()) else []
    if missing:
        found.append(
            Error(
                f"HUB_JWT_ISSUERS makes people ({missing[0]} is required of {_model()} and has no default).",
                hint='Give the field a default, or leave out "create": true and create people yourself.',
                id="hub.E011",
            )
        )
    if any(one.groups for one in issuers.values()) and user_model.memberships() is None:
        found.append(
            Error(
                f"HUB_JWT_ISSUERS puts people into groups, and {_model()} has none of Django's.",
                hint='Leave out "groups", or inherit from PermissionsMixin.',
                id="hub.E012",
            )
        )
    return found


def _model() -> str:
    return get_user_model()._meta.label


def _required() -> list[str]:
    """Fields without which no user can be made."""
    given = GIVEN | {user_model.name_field()}
    fields = get_user_model()._meta.concrete_fields
    return [field.name for field in fields if field.name not in given and not _has_value(field)]


def _has_value(field: Field[Any, Any]) -> bool:
    return (
        isinstance(field, AutoField)
        or getattr(field.remote_field, "parent_link", False)
        or field.null
        or (field.empty_strings_allowed and not field.unique)
        or field.default is not NOT_PROVIDED
        or field.db_default is not NOT_PROVIDED
        or getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
    )
