"""A circuit breaker: while the database is away one thread asks for it, the others are refused at once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from psycopg import OperationalError

from hub.postgresql.queries import RunningQueries

CHECK_S = 0.5  # between looks at the running queries, and between probes while the database is away
SLOW_QUERY_S = 2.0  # after which the database is probed
HUNG_QUERY_S = 5.0  # after which a query is given up if the probe fails, though others are answered

logger = logging.getLogger(__name__)


class DatabaseAway(OperationalError):
    """The database is known to be away; Django turns it into its own `OperationalError`."""


class Breaker:
    """Whether the database is away. It is probed when a connection is lost or a query is slow.

    ``probe`` asks the database over a connection of its own and returns whether it can be written to, or
    raises within seconds. ``renew`` replaces the connections of the pool. For use from any thread.
    """

    def __init__(
        self, probe: Callable[[], bool], queries: RunningQueries, renew: Callable[[], None] = lambda: None
    ) -> None:
        self.away = False
        self.on_return: list[Callable[[], object]] = []  # called in the breaker's thread
        self.longest_query_s = float("inf")  # one that takes longer is given up
        self._probe = probe
        self._queries = queries
        self._renew = renew
        self._suspected = threading.Event()
        self._lost = False  # connections are, and others of the pool may be
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise `DatabaseAway` while the database is away."""
        if self.away:
            raise DatabaseAway("the database is away")

    def suspect(self, *, lost: bool = False) -> None:
        """Have the database probed now; ``lost``: a connection to it ended, or cannot write any more."""
        self._lost = self._lost or lost
        self._suspected.set()
        self.start()

    def start(self) -> None:
        """Start the thread, unless it runs (a forked process has none)."""
        if self._thread is not None and self._thread.is_alive():
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="database-breaker", daemon=True)
                self._thread.start()

    def step(self) -> bool:
        """Probe the database if there is reason to; False if it does not answer."""
        self._queries.give_up(after_s=self.longest_query_s)
        if not self._suspected.is_set() and self._queries.oldest_s() < SLOW_QUERY_S:
            return True
        self._suspected.clear()
        lost, self._lost = self._lost or self.away, False
        began_at = time.monotonic()
        try:
            writable = self._probe()
        except Exception as error:
            self._lost = lost
            # One without free connections refuses new ones, and answers on those there are.
            if self._queries.answered_at < began_at:
                self._open(error)
            else:
                self._queries.give_up(after_s=HUNG_QUERY_S)
            return False
        self._close(renew=lost and writable)
        return True

    def _run(self) -> None:
        while True:
            self._suspected.wait(CHECK_S)
            if not self.step():
                time.sleep(CHECK_S)
                self._suspected.set()

    def _open(self, error: Exception) -> None:
        if not self.away:
            logger.warning("The database is away: %s: %s", type(error).__name__, error)
        self.away = True
        self._queries.give_up(after_s=SLOW_QUERY_S)

    def _close(self, *, renew: bool) -> None:
        if self.away:
            logger.warning("The database is back.")
        self.away = False
        for act in (self._renew, *self.on_return) if renew else ():
            try:
                act()
            except Exception:
                logger.exception("%s failed after an outage of the database", act)
