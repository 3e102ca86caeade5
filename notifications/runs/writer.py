"""What a producer in this process has yet to append to its run, and what it is told in return."""

from __future__ import annotations

import logging
import threading
from typing import Any
from uuid import UUID

from hub.errors import Problem
from hub.log import Terms
from notifications.runs.production import MAX_EVENTS, Production

GATHER_S = 0.02  # events of this time are appended together
MAX_PENDING_EVENTS = 10_000  # while the log is away; beyond it the producer waits
POLL_S = 0.4  # between looks for a stop, while there is nothing to append

logger = logging.getLogger(__name__)


class RunStopped(Exception):
    """The run was stopped, or has ended otherwise: its producer is to stop."""


class RunWriter:
    """Appends the events of one run in their order. `write` is called by one thread at a time, the rest by
    any."""

    def __init__(self, production: Production, run: UUID) -> None:
        self.stopped = False
        self.refused: Problem | None = None  # an event that no run may have
        self._production = production
        self._run = run
        self._lock = threading.Lock()
        self._pending: list[tuple[str, Any]] = []
        self._batch: list[tuple[str, Any]] = []  # the same until it is known to be appended
        self._number = 0  # of the batch

    def put(self, type: str, data: Any) -> None:
        """Have an event appended soon. Raises `RunStopped`, or the `Problem` of an earlier event."""
        with self._lock:
            self._check()
            self._pending.append((type, data))

    def check(self) -> None:
        """Raise what `put` would."""
        with self._lock:
            self._check()

    @property
    def full(self) -> bool:
        return len(self._pending) >= MAX_PENDING_EVENTS

    @property
    def waits(self) -> bool:
        """Whether anything is to be appended."""
        return bool(self._batch or self._pending)

    @property
    def pause_s(self) -> float:
        """Until the next `write`."""
        return GATHER_S if self.waits else POLL_S

    def write(self) -> bool:
        """Append what waits, or only renew the lease; whether everything is appended. Never raises."""
        with self._lock:
            if not self._batch:
                self._batch, self._pending = self._pending[:MAX_EVENTS], self._pending[MAX_EVENTS:]
                self._number += 1
        terms = Terms(key=f"run:{self._run.hex}", digest=str(self._number), series=True)
        try:
            produced = self._production.append(self._run, self._batch, terms=terms)
            self._production.store_if_due()
        except Problem as problem:
            with self._lock:
                self.refused, self._batch, self._pending = problem, [], []
            return True
        except Exception as error:
            logger.info("a run waits for the log or the database: %s", error)
            return False
        with self._lock:
            self.stopped, self._batch = produced.stop, []
            if produced.stop:
                self._pending = []
            return not self._pending

    def _check(self) -> None:
        if self.refused is not None:
            raise self.refused
        if self.stopped:
            raise RunStopped("The run has ended: stop producing.")
