"""What a program shows for a person: a signed token, or a ticket that works once."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from hub.problems import Problem
from notifications.models import Ticket

TICKET_S = 30
MAX_TTL_S = 24 * 3600
AUDIENCE = "hub"


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is, and what it opens: their own topics and these."""

    user: str
    name: str
    own: tuple[str, ...]
    topics: tuple[str, ...]
    expires_at: int


def issue(user: User, own: Sequence[str], topics: Sequence[str], ttl: int) -> tuple[str, str, Claims]:
    """A token, a ticket, and what both say. ``ttl`` is in seconds."""
    claims = Claims(str(user.pk), user.get_username(), tuple(own), tuple(topics), int(time.time()) + ttl)
    token = jwt.encode(
        {
            "aud": AUDIENCE,
            "sub": claims.user,
            "name": claims.name,
            "own": claims.own,
            "topics": claims.topics,
            "exp": claims.expires_at,
        },
        _key(),
        algorithm="HS256",
    )
    ticket = secrets.token_urlsafe(32)
    now = timezone.now()
    Ticket.objects.filter(expires_at__lt=now).delete()
    Ticket.objects.create(
        digest=digest(ticket),
        claims=[claims.user, claims.name, claims.own, claims.topics, claims.expires_at],
        expires_at=now + timedelta(seconds=min(TICKET_S, ttl)),
    )
    return token, ticket, claims


def read(token: str) -> Claims:
    """What a token says; raise a `Problem` of 401. Asks nobody."""
    try:
        said: dict[str, Any] = jwt.decode(
            token,
            _key(),
            algorithms=["HS256"],
            audience=AUDIENCE,
            options={"require": ["exp", "sub", "name", "own", "topics"]},
        )
    except jwt.ExpiredSignatureError:
        raise Problem(401, "This token has expired: ask for another.") from None
    except jwt.InvalidTokenError:
        raise Problem(401, "This is not a subscriber token of this hub.") from None
    return Claims(said["sub"], said["name"], tuple(said["own"]), tuple(said["topics"]), said["exp"])


def redeem(ticket: str) -> Claims:
    """What a ticket stands for, once; raise a `Problem` of 401."""
    with transaction.atomic():
        row = Ticket.objects.filter(digest=digest(ticket), expires_at__gt=timezone.now()).first()
        # Two instances may both have read the row; one of them deletes it.
        if row is None or not Ticket.objects.filter(pk=row.pk).delete()[0]:
            raise Problem(401, f"This ticket is used, late or unknown: it works once, within {TICKET_S} s.")
    user, name, own, topics, expires_at = row.claims
    return Claims(user, name, tuple(own), tuple(topics), expires_at)


def digest(secret: str) -> str:
    """How a secret of full entropy is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _key() -> bytes:
    return salted_hmac("hub.subscriber", "token", algorithm="sha256").digest()
