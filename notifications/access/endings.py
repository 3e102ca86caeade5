"""What was given out to people and is to count no more; every instance is told to ask again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from hub.delivery import revocation
from hub.log import LogAway
from hub.log.current import shared_log
from notifications.models import Ending, RevokedToken

# The clocks of instances may differ by so much: an end is dated ahead, and what is given out after it is
# dated after it, whoever's clock says what.
SKEW = timedelta(seconds=10)

logger = logging.getLogger(__name__)


def ask_again(*names: object) -> None:
    """Have every instance ask about these people (by id) or programs, once this transaction stands."""

    def say() -> None:
        try:
            shared_log().append([revocation.recheck(name) for name in names])
        except LogAway:
            # Each instance's own round asks within half a minute.
            logger.info("the log is away: %d are asked about at the next round", len(names))

    if names:
        transaction.on_commit(say, robust=True)


def end_all(user: int) -> None:
    """End every session, token and ticket that this person (by id) has."""
    at = timezone.now() + SKEW
    Ending.objects.update_or_create(user_id=user, defaults={"tokens_at": at, "sessions_at": at})
    ask_again(user)


def end_token(id: str, user: int, expires_at: datetime) -> None:
    """End one token (by id) of this person before its time."""
    RevokedToken.objects.filter(expires_at__lt=timezone.now()).delete()
    with transaction.atomic():
        RevokedToken.objects.get_or_create(id=id, defaults={"user_id": user, "expires_at": expires_at})
        ending, _ = Ending.objects.select_for_update().get_or_create(user_id=user)
        if ending.revoked_until is None or ending.revoked_until < expires_at:
            ending.revoked_until = expires_at
            ending.save(update_fields=["revoked_until"])
        ask_again(user)


def of_tokens(user: int) -> datetime | None:
    return Ending.objects.filter(user=user).values_list("tokens_at", flat=True).first()


def of_sessions(user: int) -> datetime | None:
    return Ending.objects.filter(user=user).values_list("sessions_at", flat=True).first()


def after(now: float, ended: datetime | None) -> float:
    """How to date (Unix time) what is given out now, so that it counts."""
    return now if ended is None else max(now, ended.timestamp() + 1e-6)


def ended(given_at: float, at: datetime | None) -> bool:
    """Whether what was given out then (Unix time) counts no more."""
    return at is not None and given_at <= at.timestamp()
