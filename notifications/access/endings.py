"""Ends sessions and tokens, and has every instance check its connections again."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from hub.delivery import revocation
from hub.log import LogAway
from hub.log.current import shared_log
from hub.support import transactions
from notifications.models import Ending, RevokedToken
from notifications.user_model import Key

# Clocks of instances may differ by this much: an end is dated ahead, and what is issued after it is dated
# after it, whatever the clock says.
SKEW = timedelta(seconds=10)

logger = logging.getLogger(__name__)


def recheck(*names: object) -> None:
    """After this transaction, have every instance check these people (by id) and programs again."""

    def publish() -> None:
        try:
            shared_log().append([revocation.recheck(name) for name in names])
        except LogAway:
            # Each instance checks everyone within half a minute anyway.
            logger.info("the log is away: %d people are checked in the next round", len(names))

    if names:
        transactions.after_commit(publish)


def end_all(user: Key) -> None:
    """End every session, token and ticket of this person (by key)."""
    at = timezone.now() + SKEW
    Ending.objects.update_or_create(user_id=user, defaults={"tokens_at": at, "sessions_at": at})
    recheck(user)


def end_many(people: Collection[Key]) -> None:
    """The same for many people, in one query."""
    at = timezone.now() + SKEW
    rows = [Ending(user_id=user, tokens_at=at, sessions_at=at) for user in people]
    fields = ["tokens_at", "sessions_at"]
    Ending.objects.bulk_create(rows, update_conflicts=True, unique_fields=["user"], update_fields=fields)
    recheck(*people)


def end_token(id: str, user: Key, expires_at: datetime) -> None:
    """Revoke one token (by id) of this person."""
    RevokedToken.objects.filter(expires_at__lt=timezone.now()).delete()
    with transaction.atomic():
        RevokedToken.objects.get_or_create(id=id, defaults={"user_id": user, "expires_at": expires_at})
        ending, _ = Ending.objects.select_for_update().get_or_create(user_id=user)
        if ending.revoked_until is None or ending.revoked_until < expires_at:
            ending.revoked_until = expires_at
            ending.save(update_fields=["revoked_until"])
        recheck(user)


def tokens_ended_at(user: Key) -> datetime | None:
    """Up to when the tokens of this person (by key) have ended."""
    return Ending.objects.filter(user=user).values_list("tokens_at", flat=True).first()


def sessions_ended_at(user: Key) -> datetime | None:
    """Up to when the sessions of this person (by key) have ended."""
    return Ending.objects.filter(user=user).values_list("sessions_at", flat=True).first()


def issue_time(now: float, ended: datetime | None) -> float:
    """The Unix time at which to date what is issued ``now``: after the last end, so that it is valid."""
    return now if ended is None else max(now, ended.timestamp() + 1e-6)


def ended(issued_at: float, at: datetime | None) -> bool:
    """Whether what was issued at that Unix time had ended ``at`` then."""
    return at is not None and issued_at <= at.timestamp()
