"""Work that threads ask for at the same time, done together by one of them (flat combining)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

MAX_ITEMS = 64  # done at once


class _Job(Generic[T]):
    """An item, and the thread that waits for it: until it is done, or its thread has to do the next ones."""

    __slots__ = ("done", "error", "item", "turn")

    def __init__(self, item: T) -> None:
        self.item = item
        self.turn = threading.Event()
        self.done = False
        self.error: Exception | None = None


class Combiner(Generic[T]):
    """``act`` is called with the items of all threads that wait, and returns for each the error that its
    thread is to raise, or None. One thread calls it at a time; those that come meanwhile are the next ones.
    """

    def __init__(self, act: Callable[[Sequence[T]], Sequence[Exception | None]]) -> None:
        self._act = act
        self._lock = threading.Lock()
        self._waiting: list[_Job[T]] = []
        self._busy = False

    def run(self, item: T) -> None:
        """Return once the item is done; raise its error, or what ``act`` raised for all of its items."""
        job = _Job(item)
        with self._lock:
            self._waiting.append(job)
            leads = not self._busy
            self._busy = True
        if not leads:
            job.turn.wait()
        if not job.done:
            self._do_next()
        if job.error is not None:
            raise job.error

    def _do_next(self) -> None:
        with self._lock:
            jobs, self._waiting = self._waiting[:MAX_ITEMS], self._waiting[MAX_ITEMS:]
        outcomes: Sequence[Exception | None] = [RuntimeError("the thread that was to do it ended")] * len(
            jobs
        )
        try:
            outcomes = self._act([job.item for job in jobs])
        except Exception as error:
            outcomes = [error] * len(jobs)
        finally:
            for job, outcome in zip(jobs, outcomes, strict=True):
                job.error, job.done = outcome, True
            with self._lock:
                following = self._waiting[:1]
                self._busy = bool(following)
            for job in (*jobs, *following):
                job.turn.set()
