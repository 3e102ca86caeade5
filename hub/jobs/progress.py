"""`progress()`: how far a job is, as live events."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from numbers import Integral, Real
from types import TracebackType
from typing import Any, TypeVar

from hub import events, topics
from hub.events import Draft
from hub.jobs.appender import Source, appender
from hub.policies import checks

TYPE = "progress"
INTERVAL_S = 0.1  # between two events of a job
MAX_LABEL_CHARACTERS = 1000
MAX_NUMBER = 2**53 - 1  # up to which JavaScript counts exactly
MIN_ETA_S = 1.0  # that a job runs before it is estimated

T = TypeVar("T")


class BadProgress(ValueError):
    """Not a way that a job can go on; the text tells what to do. Nothing has changed."""


class Progress(Source):
    """A job's progress, published on its topic while it is entered, with ``with`` or ``async with``.

    Each state is an event of type ``progress``: ``{"state", "done", "of", "label"?, "eta_s"?, "error"?}``.
    ``state`` is ``running``, then ``done``, or ``failed`` if an exception leaves, of which ``error`` is the
    class alone; ``of`` is null while the total is unknown. A thread of the process appends events,
    `INTERVAL_S` apart: no method waits for the log but leaving, which waits for the last event. If the log is
    away, that is retried while the process lives. The methods may be called from any thread.
    """

    pause_s = INTERVAL_S

    def __init__(self, topic: str, total: float | None, label: str, key: str) -> None:
        super().__init__()
        self._topic = topics.check_live(topic)
        self._key = events.check_value_key(key)
        self._lock = threading.Lock()
        self._state = ""  # not entered
        self._done: float = 0
        self._total = None if total is None else _number("total", total)
        self._label = _text(label)
        self._error = ""
        self._began = 0.0
        self._pending: list[Draft] = []
        self._version = self._drafted = self._published = 0  # of the state

    @property
    def done(self) -> float:
        return self._done

    @property
    def total(self) -> float | None:
        return self._total

    def advance(self, by: float = 1, *, label: str | None = None) -> None:
        """So much more is done. Raises `BadProgress` if that is negative, or more than the total."""
        step = _number("by", by)
        with self._lock:
            self._change(self._done + step, self._total, label)

    def set(self, done: float | None = None, *, total: float | None = None, label: str | None = None) -> None:
        """So much is done, of a total that may have become known. Raises `BadProgress`."""
        with self._lock:
            self._change(
                self._done if done is None else _number("done", done),
                self._total if total is None else _number("total", total),
                label,
            )

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """The items, one after the other; each counts as done once the next is asked for. Without a total,
        theirs is it, if they have one."""
        if self._total is None and isinstance(items, Sized):
            self.set(total=self._done + len(items))
        for item in items:
            yield item
            self.advance()

    def __enter__(self) -> Progress:
        with self._lock:
            if self._state:
                raise BadProgress("A progress is entered once: make another with progress().")
            self._state, self._began = "running", time.monotonic()
            self._version += 1
            # What no event of the topic may be is the caller's to know, now.
            checks.check_all([self._draft()])
        appender.schedule(self, 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._end(kind)
        self.flush()

    async def __aenter__(self) -> Progress:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._end(kind)
        await asyncio.to_thread(self.flush)

    def restart(self) -> None:
        super().restart()
        self._lock = threading.Lock()

    def _change(self, done: float, total: float | None, label: str | None) -> None:
        if self._state != "running":
            raise BadProgress("Nothing advances outside its block: use `with progress(…) as p:`.")
        _number("done", done)
        if total is not None and done > total:
            raise BadProgress(f"{done} of {total} is more than all: give a greater total with set(total=…).")
        if label is not None:
            self._label = _text(label)
        self._done, self._total = done, total
        self._version += 1
        appender.schedule(self, INTERVAL_S)

    def _end(self, error: type[BaseException] | None) -> None:
        with self._lock:
            self._state = "done" if error is None else "failed"
            self._error = "" if error is None else error.__name__
            self._version += 1
            self.over = True

    def _batch(self) -> Sequence[Draft]:
        with self._lock:
            if self._published == self._version:
                return ()
            if self._drafted != self._version:
                self._pending, self._drafted = [self._draft()], self._version
            return self._pending

    def _appended(self) -> None:
        self._published = self._drafted

    _refused = _appended

    def _postponed(self) -> None:
        """The next batch has the newest state anyway."""

    def _draft(self) -> Draft:
        data: dict[str, Any] = {"state": self._state, "done": self._done, "of": self._total}
        if self._label:
            data["label"] = self._label
        ran_s = time.monotonic() - self._began
        if self._state == "running" and self._total is not None and self._done and ran_s >= MIN_ETA_S:
            data["eta_s"] = math.ceil(ran_s / self._done * (self._total - self._done))
        if self._error:
            data["error"] = self._error
        return events.draft(self._topic, TYPE, data, value_key=self._key)


def progress(topic: str, total: float | None = None, *, label: str = "", key: str = "progress") -> Progress:
    """Publish how far a job is: ``with progress("job-42", total=300) as job: job.advance()``. The same with
    ``async with``.

    Published at once, transaction or not: how far a job is stays true if its data are rolled back. A log that
    is away never fails the job. ``label`` is a text such as the step that runs, ``key`` the value's key, see
    `hub.publish`. Raises `BadTopic`, `BadKey` or `BadProgress`.
    """
    return Progress(topic, total, label, key)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise BadProgress(f"{name} is a number, not {value!r:.60}.")
    number = int(value) if isinstance(value, Integral) else float(value)
    if number < 0:
        raise BadProgress(f"{name} is below zero: set(done=…) sets a job back.")
    if not number <= MAX_NUMBER:  # nor NaN
        raise BadProgress(f"{name} is no number up to {MAX_NUMBER}: count in greater units.")
    return number


def _text(label: Any) -> str:
    if not isinstance(label, str) or len(label) > MAX_LABEL_CHARACTERS:
        raise BadProgress(f"A label is a string of at most {MAX_LABEL_CHARACTERS} characters.")
    return label.encode("utf-8", "backslashreplace").decode()
