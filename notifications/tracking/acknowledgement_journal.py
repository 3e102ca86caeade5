"""What pages have acknowledged at this instance: recorded as it comes, written a moment later."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from hub.errors import Problem
from hub.support.debounce import Debounce
from hub.support.faults import malformed
from notifications.tracking.acknowledgement_log import Acknowledgement
from notifications.tracking.delivery_journal import AWAY

GATHER_S = 2.0  # longer than that of deliveries, which have to be on record first
RETRY_S = 2.0
PATIENCE_S = 20.0  # with a delivery that is not on record yet
MAX_IDS_PER_PERSON = 1000  # that wait to be written
MAX_IDS = 50_000  # of all people; more wait at the pages
BATCH_SIZE = 5000

Write = Callable[[Sequence[Acknowledgement]], Awaitable[list[Acknowledgement]]]

logger = logging.getLogger(__name__)


class AcknowledgementJournal:
    """Acknowledgements that wait to be written. It belongs to one event loop."""

    def __init__(self, write: Write) -> None:
        self._write_all = write
        self._debounce = Debounce(
            self._write, _failed, gather_s=GATHER_S, retry_s=RETRY_S, batch_size=BATCH_SIZE
        )
        self._waiting: Counter[str] = Counter()  # by person
        self._total = 0

    def add(self, person: str, ids: Sequence[str]) -> None:
        """A page of a person has received these. Raises a `Problem` of 429 or 503 where too many wait."""
        if self._waiting[person] + len(ids) > MAX_IDS_PER_PERSON:
            raise Problem(429, "Too much is acknowledged at once: come back.", retry_after=5)
        if self._total + len(ids) > MAX_IDS:
            raise Problem(503, "This instance cannot record more now: come back.", retry_after=5)
        self._waiting[person] += len(ids)
        self._total += len(ids)
        now = time.time()
        self._debounce.add(Acknowledgement(id, person, now) for id in ids)

    async def run(self) -> None:
        """Write until cancelled."""
        await self._debounce.run()

    async def flush(self) -> None:
        """Write all now; raise if that fails."""
        await self._debounce.flush()

    async def _write(self, acknowledgements: Sequence[Acknowledgement]) -> None:
        try:
            unmatched = await self._write_all(acknowledgements)
        except AWAY:
            raise
        except Exception as error:
            # A fault of ours: it would fail again.
            malformed.record("acknowledgement", "records", error)
            unmatched = []
        since = time.time() - PATIENCE_S
        again = {one for one in unmatched if one.at > since}
        for one in acknowledgements:
            if one not in again:
                self._forget(one)
        if again:
            asyncio.get_running_loop().call_later(RETRY_S, self._debounce.add, again)

    def _forget(self, one: Acknowledgement) -> None:
        self._total -= 1
        self._waiting[one.person] -= 1
        if self._waiting[one.person] <= 0:
            del self._waiting[one.person]


def _failed(one: Acknowledgement, error: Exception) -> None:
    logger.warning("an acknowledgement of %s could not be written, trying again: %r", one.id, error)
