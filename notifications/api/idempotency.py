"""`Idempotency-Key`: a request that is sent again is done once, and answered as it was."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from hub.errors import Problem
from notifications.models import ApiKey, IdempotentRequest

KEPT = timedelta(hours=24)
STUCK = timedelta(seconds=60)  # whoever runs for longer has crashed
MOST = 500_000  # that are kept of one API key
COUNTED_S = 30  # for so long is relied on how many there are
SWEPT = 100  # old ones that a request removes on its way

T = TypeVar("T")
Answer = dict[str, Any]


def once(
    api_key: ApiKey, key: str, body: bytes, act: Callable[[], T], tell: Callable[[T], Answer]
) -> tuple[Answer, bool]:
    """The answer ``tell(act())`` gives, or gave to the first request with this key; whether it is an old one.

    ``act`` runs in a transaction, which notes the answer too: who crashes has done all of it or nothing.
    What is known only after it (a position) is added afterwards, and before anybody is answered: all are
    told the same. Raises a `Problem` of 409 while the first request is running, of 422 for another body. A
    request that fails leaves its key free.
    """
    digest = hashlib.sha256(body).hexdigest()
    now = timezone.now()
    _sweep(now)
    _check_room(api_key)
    row, started = IdempotentRequest.objects.get_or_create(
        api_key=api_key, key=key, defaults={"digest": digest, "created_at": now}
    )
    if row.digest != digest:
        raise Problem(422, "This Idempotency-Key was used with another body: take a new one.")
    # Whoever did it and crashed before it was told did it all the same.
    if row.answer is not None and (row.told or row.created_at <= now - STUCK):
        return row.answer, True
    if not started and (row.answer is not None or not _take_over(row)):
        raise Problem(409, "The first request with this Idempotency-Key is still running.", retry_after=1)
    ours = _ours(row)
    try:
        with transaction.atomic():
            made = act()
            if not ours.filter(answer__isnull=True).update(answer=tell(made)):
                raise Problem(409, "This request took so long that another took it over.", retry_after=1)
    except BaseException:
        ours.filter(answer__isnull=True).delete()
        raise
    answer = tell(made)
    ours.update(answer=answer, told=True)
    return answer, False


def _sweep(now: datetime) -> None:
    """Remove some of what is older than it is kept; the trim removes whatever is left."""
    old = IdempotentRequest.objects.filter(created_at__lt=now - KEPT).order_by("created_at")
    if ids := list(old.values_list("pk", flat=True)[:SWEPT]):
        IdempotentRequest.objects.filter(pk__in=ids).delete()


def _check_room(api_key: ApiKey) -> None:
    kept, until = _counted.get(api_key.pk, (0, 0.0))
    if until < time.monotonic():
        kept = IdempotentRequest.objects.filter(api_key=api_key)[:MOST].count()
        _counted[api_key.pk] = kept, time.monotonic() + COUNTED_S
    if kept >= MOST:
        raise Problem(
            429,
            f"{MOST} requests of this key with an Idempotency-Key are remembered, which is the most: leave "
            "the header out, or wait until they are a day old.",
            retry_after=3600,
        )


_counted: dict[int, tuple[int, float]] = {}  # of each API key how many there are, and for how long that holds


def _take_over(row: IdempotentRequest) -> bool:
    now = timezone.now()
    if row.created_at > now - STUCK:
        return False
    taken = _ours(row).filter(answer__isnull=True).update(created_at=now)
    row.created_at = now
    return bool(taken)


def _ours(row: IdempotentRequest) -> QuerySet[IdempotentRequest]:
    return IdempotentRequest.objects.filter(pk=row.pk, created_at=row.created_at)
