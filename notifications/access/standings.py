"""How people stand to the tokens that were given out for them: which of those still count."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from hub.errors import Problem
from hub.ports import Person
from notifications.access import endings, tokens
from notifications.access.belongings import NOTHING, Belongings
from notifications.access.tokens import Claims
from notifications.models import ApiKey, RevokedToken

NONE: frozenset[str] = frozenset()  # one for all: an empty set takes 216 bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """What the tokens of a person who is here hang on.

    ``password`` is the `tokens.fingerprint` of today's; tokens given out up to ``tokens_at`` have ended, and
    those whose ids are in ``revoked``.
    """

    name: str
    password: str
    tokens_at: datetime | None
    revoked: frozenset[str] = frozenset()


def of(people: Collection[int]) -> dict[int, Standing]:
    """Of each of these people (by id) who is here; another question if one of them has revoked tokens."""
    now = timezone.now()
    here: list[tuple[int, str, str, datetime | None, datetime | None]] = list(
        User.objects.filter(pk__in=people, is_active=True).values_list(
            "pk", "username", "password", "ending__tokens_at", "ending__revoked_until"
        )
    )
    revoked: dict[int, frozenset[str]] = {}
    if some := [id for id, *_, until in here if until is not None and until > now]:
        for token, id in RevokedToken.objects.filter(user__in=some).values_list("id", "user_id"):
            revoked[id] = revoked.get(id, NONE) | {token}
    return {
        id: Standing(name, tokens.fingerprint(password), tokens_at, revoked.get(id, NONE))
        for id, name, password, tokens_at, _ in here
    }


def program(key: int) -> str:
    """The API key (by id) that gave a token out, as `Person.key`; nothing for none."""
    return f"key-{key}" if key else ""


def working(programs: Collection[str]) -> set[str]:
    """Those of these programs whose keys are not revoked."""
    ids = [int(name.removeprefix("key-")) for name in programs]
    return {
        program(id) for id in ApiKey.objects.filter(pk__in=ids, revoked_at=None).values_list("pk", flat=True)
    }


def bearer(
    claims: Claims, standing: Standing | None, works: Collection[str], mine: Belongings = NOTHING
) -> Person:
    """Who shows a token or ticket, and what of theirs it opens; ``works`` are the programs that work.
    Raise a `Problem` of 401 if it counts no more."""
    mine = mine if claims.own else NOTHING
    if standing is None:
        raise Problem(401, "Whose token this is has left.")
    person = Person(
        claims.user,
        standing.name,
        mine.own,
        mine.since,
        # One text for both, where they are the same: it stays as long as the connection.
        stamp=standing.password if claims.password == standing.password else claims.password,
        expires_at=float(claims.expires_at),
        token=claims.id,
        issued_at=claims.issued_at,
        key=program(claims.key),
    )
    if not counts(person, standing, works):
        raise Problem(
            401, "This token was revoked, or is of before its person was signed out: ask for another."
        )
    return person


def counts(person: Person, standing: Standing, works: Collection[str]) -> bool:
    """Whether the token by which somebody is here still does."""
    return (
        person.stamp == standing.password
        and not endings.ended(person.issued_at, standing.tokens_at)
        and person.token not in standing.revoked
        and (not person.key or person.key in works)
    )
