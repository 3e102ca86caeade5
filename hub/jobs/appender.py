"""The thread of a process that appends what its jobs have to tell, so that no job waits for the log."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Sequence

from hub.events import BadEvent, Draft
from hub.log import LogAway, LogRefused, RateExceeded
from hub.log.current import shared_log
from hub.policies import checks

FIRST_RETRY_S, MAX_RETRY_S = 0.5, 5.0
GIVE_UP_S = 600.0  # that a source which is over is kept while the log is away

logger = logging.getLogger(__name__)


class _Appending(threading.local):
    active: bool = False


_appending = _Appending()


def is_appending() -> bool:
    """Whether this thread is appending for a source now: what is logged meanwhile is about that itself."""
    return _appending.active


class Source(ABC):
    """What one job has to tell, on one topic, in order. `append` may be called from any thread.

    A batch that may have been appended, although no answer came, is appended again: the log is at least once.
    """

    def __init__(self) -> None:
        self._order = threading.Lock()  # held while a batch is on its way
        self._refused_for_now = False  # the last batch was; it is to be tried again
        self._failures = 0
        self._failing_since = 0.0
        self.over = False  # nothing is added any more
        _sources.add(self)

    @abstractmethod
    def _batch(self) -> Sequence[Draft]:
        """What is appended next, all or none: the same again until it was appended, refused
        or postponed. Empty if there is nothing."""

    @abstractmethod
    def _appended(self) -> None:
        """The batch is in the log."""

    @abstractmethod
    def _refused(self) -> None:
        """The batch will never be in the log."""

    @abstractmethod
    def _postponed(self) -> None:
        """The batch comes too soon for the topic's rate: the next one may be another."""

    @property
    @abstractmethod
    def pause_s(self) -> float:
        """Seconds between two batches."""

    def restart(self) -> None:
        """Called in the child of a fork, which has no other thread: what waits is the parent's to append."""
        self._order = threading.Lock()

    def flush(self) -> None:
        """Append all there is; what is not appended now is left to the process's thread."""
        while (pause_s := self.append()) is not None:
            if self._refused_for_now:
                return appender.schedule(self, pause_s)

    def append(self) -> float | None:
        """Append a batch. Seconds until the next one is due; None if nothing is left."""
        with self._order:
            batch = self._batch()
            if not batch:
                return None
            _appending.active = self._refused_for_now = True
            try:
                checks.check_all(batch)
                shared_log().append(batch)
            except LogRefused as error:
                self._drop(batch, error)
            except LogAway as error:
                return self._retry_s(batch, error)
            except RateExceeded as error:
                self._postponed()
                return error.seconds
            except BadEvent as error:
                self._drop(batch, error)
            except Exception as error:
                logger.exception("appending for a job on %s failed", batch[0].topic)
                self._drop(batch, error)
            else:
                self._failures = 0
                self._appended()
            finally:
                _appending.active = False
            self._refused_for_now = False
            return self.pause_s if self._batch() else None

    def _drop(self, batch: Sequence[Draft], error: Exception) -> None:
        logger.warning("%d events on %s are dropped: %s", len(batch), batch[0].topic, error)
        self._failures = 0
        self._refused()

    def _retry_s(self, batch: Sequence[Draft], error: LogAway) -> float | None:
        now = time.monotonic()
        if not self._failures:
            self._failing_since = now
            logger.warning("the log is away, events on %s wait for it: %s", batch[0].topic, error)
        elif self.over and now - self._failing_since > GIVE_UP_S:
            self._drop(batch, error)
            return None
        self._failures += 1
        return min(MAX_RETRY_S, FIRST_RETRY_S * 2.0 ** min(self._failures - 1, 10))


class Appender:
    """Calls `Source.append` when it is due, in one thread that is started for the first source."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin without a thread, and with nothing due."""
        self._changed = threading.Condition()
        self._due: dict[Source, float] = {}  # by the monotonic clock
        self._thread: threading.Thread | None = None

    def schedule(self, source: Source, delay_s: float) -> None:
        """Have a source append in so many seconds, or sooner if that was asked for earlier."""
        due = time.monotonic() + delay_s
        with self._changed:
            if due >= self._due.get(source, float("inf")):
                return
            self._due[source] = due
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="job-events", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    return  # the interpreter is ending: what is flushed or closed still appends by itself
                self._thread = thread
            self._changed.notify()

    def _run(self) -> None:
        while True:
            source = self._next()
            pause_s = source.append()
            if pause_s is not None:
                self.schedule(source, pause_s)

    def _next(self) -> Source:
        with self._changed:
            while True:
                source, due = min(self._due.items(), key=lambda one: one[1], default=(None, 0.0))
                wait_s = due - time.monotonic()
                if source is None:
                    self._changed.wait()
                elif wait_s > 0:
                    self._changed.wait(wait_s)
                else:
                    del self._due[source]
                    return source


_sources: weakref.WeakSet[Source] = weakref.WeakSet()
appender = Appender()


def _restart() -> None:
    appender.restart()
    for source in list(_sources):
        source.restart()


os.register_at_fork(after_in_child=_restart)
