"""Subscriber tokens, and tickets that work once, with which a program reads on behalf of a user.

Both carry the same claims; whether they are still valid is decided by `notifications.access.token_status`.
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

from django.db import transaction
from django.utils import timezone

from hub.errors import Problem
from notifications.access import endings, signing
from notifications.models import Ticket, user_numbers
from notifications.user_model import User

TICKET_S = 30
MAX_TTL_S = 24 * 3600
ISSUER = AUDIENCE = "hub"
_ID = re.compile(r"(\d{1,19})-(\d{1,19})-(\d{1,12})-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token contains.

    With ``own`` it opens the inbox topics that are the user's at the time of use; ``topics`` are opened as
    well. Times are Unix times; ``key`` is the API key (by id) that issued it, 0 for none; ``password`` is a
    `fingerprint`, empty in a token that does not end with another password.
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
class TokenId:
    """What the id of a token contains: the API key that issued it, the user (by number), and its expiry."""

    key: int
    user: int
    expires_at: datetime


def issue(
    user: User, topics: Sequence[str], ttl: int, *, own: bool = True, key: int = 0
) -> tuple[str, str, Claims]:
    """A token, a ticket, and the claims of both. ``ttl`` is in seconds, ``key`` the id of the API key."""
    made = claims(user, topics, ttl, own=own, key=key)
    ticket = secrets.token_urlsafe(32)
    now = timezone.now()
    Ticket.objects.filter(expires_at__lt=now).delete()
    until = now + timedelta(seconds=min(TICKET_S, ttl))
    Ticket.objects.create(digest=digest(ticket), claims=payload(made), expires_at=until)
    return sign(made), ticket, made


def claims(user: User, topics: Sequence[str], ttl: int, *, own: bool = True, key: int = 0) -> Claims:
    """The claims of a token that is issued now."""
    expires_at = int(time.time()) + ttl
    return Claims(
        user=str(user.pk),
        name=user.get_username(),
        own=own,
        topics=tuple(topics),
        issued_at=round(endings.issue_time(time.time(), endings.tokens_ended_at(user.pk)), 6),
        expires_at=expires_at,
        id=signing.seal(f"{key}-{user_numbers.of(user.pk)}-{expires_at}-{secrets.token_hex(8)}"),
        key=key,
        password=fingerprint(user.password),
    )


def sign(claims: Claims) -> str:
    """The token with these claims."""
    return signing.sign({"iss": ISSUER, "aud": AUDIENCE, **payload(claims)})


def read(token: str) -> Claims:
    """The claims of a token; raise a `Problem` of 401. Makes no query."""
    try:
        claims = from_payload(signing.verify(token))
    except signing.Forged:
        raise Problem(401, "This is not a valid subscriber token.") from None
    if claims.expires_at <= time.time():
        raise Problem(401, "This token has expired: request a new one.")
    return claims


def redeem(ticket: str) -> Claims:
    """The claims of a ticket, which is used up; raise a `Problem` of 401."""
    with transaction.atomic():
        row = Ticket.objects.filter(digest=digest(ticket), expires_at__gt=timezone.now()).first()
        # Two instances may both have read the row; one of them deletes it.
        if row is None or not Ticket.objects.filter(pk=row.pk).delete()[0]:
            raise Problem(
                401, f"This ticket is used, expired or unknown: a ticket works once, within {TICKET_S} s."
            )
    try:
        return from_payload(row.claims)
    except (KeyError, TypeError):
        # Written by an instance of another version.
        raise Problem(401, "This ticket cannot be read: request a new one.") from None


def parse_id(id: str) -> TokenId:
    """The contents of a token's id; raise a `Problem` of 404."""
    try:
        found = _ID.fullmatch(signing.unseal(id))
    except signing.Forged:
        found = None
    if found is None:
        raise Problem(404, "There is no token with this id: use the id that was returned with the token.")
    key, user, expires_at = map(int, found.groups())
    return TokenId(key, user, datetime.fromtimestamp(expires_at, UTC))


def digest(secret: str) -> str:
    """How a secret of full entropy is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def fingerprint(password: str) -> str:
    """Changes with a user's password (given as stored) and reveals nothing of it."""
    return hashlib.sha256(b"hub.password:" + password.encode()).hexdigest()[:16]


def payload(claims: Claims) -> dict[str, Any]:
    """The claims as JSON: to be stored where the token, which is signed with them again, is not."""
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


def from_payload(payload: Mapping[str, Any]) -> Claims:
    """The claims of a `payload`. Raises `KeyError` or `TypeError` for one of another version."""
    return Claims(
        user=payload["sub"],
        name=payload["name"],
        own=payload["own"],
        topics=tuple(payload["topics"]),
        issued_at=payload["iat"],
        expires_at=payload["exp"],
        id=payload["jti"],
        key=payload["key"],
        password=payload["pwd"],
    )
