"""`Idempotency-Key`: a request that is sent again is carried out once and gets the first response again."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils import timezone

from hub.errors import Problem
from hub.support import transactions
from notifications.models import ApiKey, IdempotentRequest

LIFETIME = timedelta(hours=24)
CRASHED_AFTER = timedelta(seconds=60)  # no request runs longer
MAX_REQUESTS = 500_000  # stored per API key
COUNT_CACHE_S = 30
MAX_ABANDONED = 10_000
SWEEP_BATCH_SIZE = 100  # expired rows that a request deletes

# Requests that failed (primary key, time) and whose key is still to be freed.
_abandoned: deque[tuple[int, datetime]] = deque(maxlen=MAX_ABANDONED)

T = TypeVar("T")
Answer = dict[str, Any]


def once(
    api_key: ApiKey, key: str, body: bytes, act: Callable[[], T], render: Callable[[T], Answer]
) -> tuple[Answer, bool]:
    """The answer ``render(act())``, or that of the first request with this key; and whether it is a replay.

    ``act`` runs in a transaction that stores the answer too: after a crash all of it is done, or nothing.
    What is known only after the commit (a position) is added before any request is answered, so that all get
    the same answer. Raises a `Problem` of 409 while the first request is running, of 422 for another body. A
    request that fails leaves its key unused.
    """
    digest = hashlib.sha256(body).hexdigest()
    now = timezone.now()
    _sweep(now)
    counts.check(api_key)
    row, started = IdempotentRequest.objects.get_or_create(
        api_key=api_key, key=key, defaults={"digest": digest, "created_at": now}
    )
    if row.digest != digest:
        raise Problem(422, "This Idempotency-Key was used with another body: use a new one.")
    # A request that was carried out and crashed before it was answered counts as done.
    if row.answer is not None and (row.complete or row.created_at <= now - CRASHED_AFTER):
        return row.answer, True
    if not started and (row.answer is not None or not _reclaim(row)):
        raise Problem(409, "The first request with this Idempotency-Key is still running.", retry_after=1)
    ours = _ours(row.pk, row.created_at)

    def carry_out() -> T:
        made = act()
        if not ours.filter(answer__isnull=True).update(answer=render(made)):
            raise Problem(409, "This request took too long, and another one took over.", retry_after=1)
        return made

    try:
        made = transactions.run(carry_out)
    except BaseException:
        _abandoned.append((row.pk, row.created_at))
        with suppress(Exception):  # the first error is the answer
            free_abandoned()
        raise
    answer = render(made)
    ours.update(answer=answer, complete=True)
    return answer, False


def free_abandoned() -> None:
    """Make the keys of failed requests usable again; called after an outage of the database, too."""
    while True:
        try:
            claim = _abandoned.popleft()
        except IndexError:
            return
        try:
            _ours(*claim).filter(answer__isnull=True).delete()
        except Exception:
            _abandoned.append(claim)
            raise


def _sweep(now: datetime) -> None:
    """Delete some expired rows; `manage.py trim` deletes the rest."""
    old = IdempotentRequest.objects.filter(created_at__lt=now - LIFETIME).order_by("created_at")
    if ids := list(old.values_list("pk", flat=True)[:SWEEP_BATCH_SIZE]):
        IdempotentRequest.objects.filter(pk__in=ids).delete()


class RequestCounts:
    """How many requests are stored of each API key, cached for `COUNT_CACHE_S`."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[int, float]] = {}

    def check(self, api_key: ApiKey) -> None:
        """Raise a `Problem` of 429 if the key may not store another request."""
        count, until = self._counts.get(api_key.pk, (0, 0.0))
        if until < time.monotonic():
            count = IdempotentRequest.objects.filter(api_key=api_key)[:MAX_REQUESTS].count()
            self._counts[api_key.pk] = count, time.monotonic() + COUNT_CACHE_S
        if count >= MAX_REQUESTS:
            raise Problem(
                429,
                f"{MAX_REQUESTS} requests of this API key with an Idempotency-Key are stored, which is the "
                "limit: leave the header out, or wait until they are a day old.",
                retry_after=3600,
            )


counts = RequestCounts()


def _reclaim(row: IdempotentRequest) -> bool:
    now = timezone.now()
    if row.created_at > now - CRASHED_AFTER:
        return False
    updated = _ours(row.pk, row.created_at).filter(answer__isnull=True).update(created_at=now)
    row.created_at = now
    return bool(updated)


def _ours(pk: int, created_at: datetime) -> QuerySet[IdempotentRequest]:
    return IdempotentRequest.objects.filter(pk=pk, created_at=created_at)
