"""What a program shows for a person: a signed token, or a ticket that works once.

Both say the same, and both are believed only as far as `notifications.access.standings` finds them good.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from hub.errors import Problem
from notifications.access import endings, signing
from notifications.models import Ticket

TICKET_S = 30
MAX_TTL_S = 24 * 3600
ISSUER = AUDIENCE = "hub"
_ID = re.compile(r"(\d{1,19})-(\d{1,19})-(\d{1,12})-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is, what it opens, and what it hangs on.

    With ``own`` it opens what is that person's at the time; ``topics`` are opened besides. Times are Unix
    times; ``key`` is the API key (by id) that gave it out, 0 for none; ``password`` is a `fingerprint`.
    """

    user: str
    name: str
    own: bool
    topics: tuple[str, ...]
    issued_at: float
    expires_at: int
    id: str
    key: int
    password: str


@dataclass(frozen=True, slots=True)
class Given:
    """What the id of a token tells: the key that gave it out, for whom, until when."""

    key: int
    user: int
    expires_at: datetime


def issue(
    user: User, topics: Sequence[str], ttl: int, *, own: bool = True, key: int = 0
) -> tuple[str, str, Claims]:
    """A token, a ticket, and what both say. ``ttl`` is in seconds, ``key`` the API key that asks, by id."""
    said = claims(user, topics, ttl, own=own, key=key)
    ticket = secrets.token_urlsafe(32)
    now = timezone.now()
    Ticket.objects.filter(expires_at__lt=now).delete()
    until = now + timedelta(seconds=min(TICKET_S, ttl))
    Ticket.objects.create(digest=digest(ticket), claims=_payload(said), expires_at=until)
    return sign(said), ticket, said


def claims(user: User, topics: Sequence[str], ttl: int, *, own: bool = True, key: int = 0) -> Claims:
    """What a token that is made now says."""
    expires_at = int(time.time()) + ttl
    return Claims(
        user=str(user.pk),
        name=user.get_username(),
        own=own,
        topics=tuple(topics),
        issued_at=round(endings.after(time.time(), endings.of_tokens(user.pk)), 6),
        expires_at=expires_at,
        id=signing.seal(f"{key}-{user.pk}-{expires_at}-{secrets.token_hex(8)}"),
        key=key,
        password=fingerprint(user.password),
    )


def sign(claims: Claims) -> str:
    """The token that says so."""
    return signing.sign({"iss": ISSUER, "aud": AUDIENCE, **_payload(claims)})


def read(token: str) -> Claims:
    """What a token says; raise a `Problem` of 401. Asks nobody."""
    try:
        claims = _claims(signing.verify(token))
    except signing.Forged:
        raise Problem(401, "This is not a subscriber token of this hub.") from None
    if claims.expires_at <= time.time():
        raise Problem(401, "This token has expired: ask for another.")
    return claims


def redeem(ticket: str) -> Claims:
    """What a ticket stands for, once; raise a `Problem` of 401."""
    with transaction.atomic():
        row = Ticket.objects.filter(digest=digest(ticket), expires_at__gt=timezone.now()).first()
        # Two instances may both have read the row; one of them deletes it.
        if row is None or not Ticket.objects.filter(pk=row.pk).delete()[0]:
            raise Problem(401, f"This ticket is used, late or unknown: it works once, within {TICKET_S} s.")
    try:
        return _claims(row.claims)
    except (KeyError, TypeError):
        # By an instance of another version.
        raise Problem(401, "This ticket cannot be read: ask for another.") from None


def given(id: str) -> Given:
    """What stands in the id of a token of ours; raise a `Problem` of 404."""
    try:
        found = _ID.fullmatch(signing.unseal(id))
    except signing.Forged:
        found = None
    if found is None:
        raise Problem(404, "No token of this hub has this id: give the id that came with the token.")
    key, user, expires_at = map(int, found.groups())
    return Given(key, user, datetime.fromtimestamp(expires_at, UTC))


def digest(secret: str) -> str:
    """How a secret of full entropy is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def fingerprint(password: str) -> str:
    """What changes with a person's password (given as it is kept), and tells nothing of it."""
    return hashlib.sha256(b"hub.password:" + password.encode()).hexdigest()[:16]


def _payload(claims: Claims) -> dict[str, Any]:
    return {
        "sub": claims.user,
        "name": claims.name,
        "own": claims.own,
        "topics": list(claims.topics),
        "iat": claims.issued_at,
        "exp": claims.expires_at,
        "jti": claims.id,
        "key": claims.key,
        "pwd": claims.password,
    }


def _claims(said: Mapping[str, Any]) -> Claims:
    return Claims(
        user=said["sub"],
        name=said["name"],
        own=said["own"],
        topics=tuple(said["topics"]),
        issued_at=said["iat"],
        expires_at=said["exp"],
        id=said["jti"],
        key=said["key"],
        password=said["pwd"],
    )
