"""The people of issued tokens: users by the id or name in the token, made on first sight where that is
allowed."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import EmailField

from hub.errors import Problem
from notifications import user_model
from notifications.access.issuers import groups
from notifications.access.issuers.issued_token import IssuedToken
from notifications.models import MAX_OUTSIDE_ID, Profile
from notifications.user_model import Key

logger = logging.getLogger(__name__)


def of(issued: Sequence[IssuedToken]) -> dict[IssuedToken, Key]:
    """The primary keys of those of these tokens' people who exist, or are made now; in one query, two if any
    has no id of another system. They are put into the groups of a token that is new here."""
    keys = _keys({token.name for token in issued})
    found: dict[IssuedToken, Key] = {}
    for token in issued:
        if token.name not in keys and token.issuer.create and (made := _made(token.name)) is not None:
            keys[token.name] = made
        if token.name in keys:
            found[token] = keys[token.name]
            if token.groups is not None and not token.applied:
                groups.replace(found[token], token.groups, token.issued_at, create=token.issuer.create)
                token.applied = True
    return found


def unknown(token: IssuedToken) -> Problem:
    """The refusal of a token without a person."""
    remedy = (
        "No user can be made with this name."
        if token.issuer.create
        else 'Create them first, or have them made on first sight: "create" in HUB_JWT_ISSUERS.'
    )
    return Problem(401, f"This token is refused: there is no person {token.name[:80]!r}. {remedy}")


def _keys(names: Collection[str]) -> dict[str, Key]:
    """By name, those whom another system knows by it, and those who sign in with it."""
    profiles = Profile.objects.filter(outside_id__in=[name for name in names if len(name) <= MAX_OUTSIDE_ID])
    found: dict[str, Key] = dict(profiles.values_list("outside_id", "user_id"))
    stored = {value: name for name in names if name not in found and (value := _value(name)) is not None}
    if stored:
        field = user_model.name_field()
        rows = user_model.users().filter(**{f"{field}__in": [*stored]}).values_list(field, "pk")
        found |= {stored[value]: key for value, key in rows if value in stored}
    return found


def _value(name: str) -> Any:
    """A name as the user model stores it; None if it stores no such name."""
    field: Any = get_user_model()._meta.get_field(user_model.name_field())
    try:
        value = field.to_python(name)
    except ValidationError:
        return None
    return None if len(name) > (getattr(field, "max_length", None) or user_model.MAX_NAME) else value


def _made(name: str) -> Key:
    """The key of a new user, whom another system knows by this name; None where people sign in with an e-mail
    address and it is none."""
    field: Any = get_user_model()._meta.get_field(user_model.name_field())
    if (value := _value(name)) is None:
        return None
    if isinstance(field, EmailField):
        try:
            field.run_validators(value)
        except ValidationError:
            return None
    try:
        with transaction.atomic():
            user = user_model.users().create(**{field.name: value}, password=make_password(None))
            Profile.objects.create(user=user, outside_id=name)
    except IntegrityError:
        # Made meanwhile, by another instance or a program.
        return _keys({name}).get(name)
    logger.info("person %s was made for a token of their issuer", user.pk)
    return user.pk
