"""Records of a job's log that wait to be appended: in order, bounded, the oldest dropped first."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from hub.events import Draft
from hub.jobs.appender import Source
from hub.policies.current import policy_of

BATCH_S = 0.1  # that a record waits for others
MAX_BATCH_RECORDS, MAX_BATCH_BYTES = 500, 1024 * 1024
MAX_QUEUED_RECORDS, MAX_QUEUED_BYTES = 10_000, 8 * 1024 * 1024


class RecordQueue(Source):
    """``dropped_notice`` makes the draft that stands in the place of so many records."""

    pause_s = 0.0  # what is queued after a batch has waited already

    def __init__(self, topic: str, dropped_notice: Callable[[int], Draft]) -> None:
        super().__init__()
        self._topic = topic
        self._dropped_notice = dropped_notice
        self._lock = threading.Lock()
        self._drafts: deque[Draft] = deque()
        self._bytes = 0
        self._dropped = 0  # before the first of those that are queued
        self._batch_now: list[Draft] = []  # on its way, or to be tried again
        self._batch_dropped = 0  # that its first event is the notice of

    def __len__(self) -> int:
        return len(self._drafts) + len(self._batch_now)

    def add(self, draft: Draft) -> None:
        """Queue a draft, and drop the oldest if there are too many."""
        with self._lock:
            self._drafts.append(draft)
            self._bytes += len(draft.body)
            while len(self._drafts) > MAX_QUEUED_RECORDS or self._bytes > MAX_QUEUED_BYTES:
                self._remove_first()
                self._dropped += 1

    def restart(self) -> None:
        super().restart()
        self._lock = threading.Lock()
        self._drafts.clear()
        self._batch_now = []
        self._bytes = self._dropped = 0

    def _batch(self) -> Sequence[Draft]:
        with self._lock:
            if not self._batch_now:
                self._gather()
            return self._batch_now

    def _appended(self) -> None:
        with self._lock:
            self._batch_now = []

    def _refused(self) -> None:
        with self._lock:
            self._dropped += len(self._batch_now) - bool(self._batch_dropped) + self._batch_dropped
            self._batch_now = []

    def _postponed(self) -> None:
        with self._lock:
            records = self._batch_now[1 if self._batch_dropped else 0 :]
            self._drafts.extendleft(reversed(records))
            self._bytes += sum(len(draft.body) for draft in records)
            self._dropped += self._batch_dropped
            self._batch_now = []

    def _gather(self) -> None:
        dropped, self._dropped = self._dropped, 0
        batch = [self._dropped_notice(dropped)] if dropped else []
        size, limit = 0, self._max_records()
        while self._drafts and len(batch) < limit and size < MAX_BATCH_BYTES:
            draft = self._remove_first()
            size += len(draft.body)
            batch.append(draft)
        self._batch_now, self._batch_dropped = batch, dropped

    def _max_records(self) -> int:
        """Of a batch: a rate lets through at most the events of a second at once."""
        policy = policy_of(self._topic)
        if policy is None or policy.max_rate is None:
            return MAX_BATCH_RECORDS
        return min(MAX_BATCH_RECORDS, max(1, int(policy.max_rate)))

    def _remove_first(self) -> Draft:
        draft = self._drafts.popleft()
        self._bytes -= len(draft.body)
        return draft
