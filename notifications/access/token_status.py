"""Which of the tokens that were issued for a user are still valid."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from hub.errors import Problem
from hub.ports import Person
from notifications import user_model
from notifications.access import endings, tokens
from notifications.access.belongings import NOTHING, Belongings
from notifications.access.tokens import Claims
from notifications.models import ApiKey, RevokedToken
from notifications.user_model import Key

NONE: frozenset[str] = frozenset()  # shared: an empty set takes 216 bytes


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """What decides whether an active user's tokens are valid.

    ``password`` is the `tokens.fingerprint` of the current password; tokens issued up to ``tokens_at`` have
    ended, and so have those whose ids are in ``revoked``.
    """

    name: str
    password: str
    tokens_at: datetime | None
    revoked: frozenset[str] = frozenset()


def of(people: Collection[Key]) -> dict[Key, TokenStatus]:
    """By key, of those who are active, in one query; two if any of them has revoked tokens."""
    now = timezone.now()
    active: list[tuple[Key, str, str, datetime | None, datetime | None]] = list(
        user_model.active_users()
        .filter(pk__in=people)
        .values_list("pk", user_model.name_field(), "password", "ending__tokens_at", "ending__revoked_until")
    )
    revoked: dict[Key, frozenset[str]] = {}
    if some := [key for key, *_, until in active if until is not None and until > now]:
        for token, key in RevokedToken.objects.filter(user__in=some).values_list("id", "user_id"):
            revoked[key] = revoked.get(key, NONE) | {token}
    return {
        key: TokenStatus(name, tokens.fingerprint(password), tokens_at, revoked.get(key, NONE))
        for key, name, password, tokens_at, _ in active
    }


def program(key: int) -> str:
    """`Person.key` for the API key (by id) that issued a token; "" for none (0)."""
    return f"key-{key}" if key else ""


def active(programs: Collection[str]) -> set[str]:
    """Those of these programs whose API keys are not revoked."""
    ids = [int(name.removeprefix("key-")) for name in programs]
    return {
        program(id) for id in ApiKey.objects.filter(pk__in=ids, revoked_at=None).values_list("pk", flat=True)
    }


def key_topics(programs: Collection[str]) -> dict[str, list[str]]:
    """By program, the patterns of topics to which its API key is limited; none: it is not."""
    ids = [int(name.removeprefix("key-")) for name in programs]
    return {
        program(id): topics for id, topics in ApiKey.objects.filter(pk__in=ids).values_list("pk", "topics")
    }


def bearer(
    claims: Claims, status: TokenStatus | None, active: Collection[str], inbox: Belongings = NOTHING
) -> Person:
    """The person of a token or ticket, with the topics that it opens; ``active`` are programs.

    Raises a `Problem` of 401 if the token is no longer valid.
    """
    inbox = inbox if claims.own else NOTHING
    if status is None:
        raise Problem(401, "The user of this token is inactive or deleted.")
    person = Person(
        claims.user,
        status.name,
        inbox.own,
        inbox.since,
        # The same string object where they are equal: it lives as long as the connection. Empty if the token
        # is of another issuer: it does not depend on a password here.
        stamp=status.password if claims.password == status.password else claims.password,
        expires_at=float(claims.expires_at),
        token=claims.id,
        issued_at=claims.issued_at,
        key=program(claims.key),
    )
    if not is_valid(person, status, active):
        raise Problem(
            401, "This token was revoked, or its user has signed out everywhere since: request a new one."
        )
    return person


def is_valid(person: Person, status: TokenStatus, active: Collection[str]) -> bool:
    """Whether the token with which a person connected is still valid."""
    return (
        person.stamp in ("", status.password)
        and not endings.ended(person.issued_at, status.tokens_at)
        and person.token not in status.revoked
        and (not person.key or person.key in active)
    )
