"""What an instance has appended of runs: their tokens, stored in parts, and the leases of their producers.

A part is stored a moment after its tokens are in the log, so that the text of a run survives the loss of
Redis, and no token waits for the database.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from hub.support.threads import in_thread
from notifications.models import Run, RunPart

PERIOD_S = 1.0
BATCH_SIZE = 500  # rows per query
MAX_PART_CHARACTERS = 256 * 1024
NUL = str.maketrans({"\0": "\ufffd"})  # PostgreSQL stores none

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Pending:
    """Tokens of a run that are not stored yet."""

    first: int
    last: int
    size: int = 0
    texts: list[str] = field(default_factory=list)


class RunRecorder:
    """Collects from any thread; stores once a second, and at `store_now`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[UUID, list[_Pending]] = {}
        self._active: set[UUID] = set()  # their producers called since the last time

    def appended(self, run: UUID, tokens: Sequence[tuple[int, str]]) -> None:
        """The producer of a run called; these tokens of it, if any, were appended at these positions."""
        with self._lock:
            self._active.add(run)
            if not tokens:
                return
            parts = self._pending.setdefault(run, [])
            for position, text in tokens:
                if not parts or parts[-1].size > MAX_PART_CHARACTERS:
                    parts.append(_Pending(position, position))
                parts[-1].last = position
                parts[-1].size += len(text)
                parts[-1].texts.append(text)

    async def run(self) -> None:
        """Store until cancelled."""
        while True:
            await asyncio.sleep(PERIOD_S)
            await self.flush()

    async def flush(self) -> None:
        """Store everything now, if the database is there. Never raises."""
        try:
            await in_thread(self.store_now)
        except Exception as error:
            logger.warning("tokens of runs wait to be stored: %s: %s", type(error).__name__, error)

    def store_now(self) -> None:
        """Store what waits. Raises if the database is away; nothing is dropped then."""
        with self._lock:
            pending, self._pending = self._pending, {}
            active, self._active = self._active, set()
        if not active:
            return
        try:
            _store(pending, active, timezone.now())
        except Exception:
            with self._lock:
                self._active |= active
                for run, parts in pending.items():
                    self._pending[run] = [*parts, *self._pending.get(run, ())]
            raise


def _store(pending: dict[UUID, list[_Pending]], active: set[UUID], now: datetime) -> None:
    rows = [
        RunPart(
            run_id=run,
            first=part.first,
            last=part.last,
            text="".join(part.texts).translate(NUL),
            tokens=len(part.texts),
        )
        for run, parts in pending.items()
        for part in parts
    ]
    # A run may have been erased meanwhile. What was stored by an attempt that seemed to fail stays.
    known = set(Run.objects.filter(pk__in=active).values_list("pk", flat=True))
    RunPart.objects.bulk_create(
        [row for row in rows if row.run_id in known], batch_size=BATCH_SIZE, ignore_conflicts=True
    )
    for lease_s in set(Run.objects.filter(pk__in=known).order_by().values_list("lease_s", flat=True)):
        leased = Run.objects.filter(pk__in=known, lease_s=lease_s, ended_at=None)
        leased.update(leased_until=now + timedelta(seconds=lease_s))
    started = Run.objects.filter(pk__in=known, state=Run.State.QUEUED)
    started.update(state=Run.State.RUNNING, started_at=F("started_at"))
