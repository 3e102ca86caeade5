"""What the producer of a run appends: its events, checked, in order, until the run ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from hub import events, topics
from hub.errors import Problem
from hub.events import Draft
from hub.log import NO_TERMS, Terms
from hub.log.current import shared_log
from hub.log.series import OutOfSeries
from notifications.models import Run
from notifications.runs.recorder import RunRecorder

TOKEN = "token"  # noqa: S105  # a type of event: a piece of the text
END_TYPES = ("done", "error", "stopped", "lost")  # appended by the hub itself
MAX_EVENTS = 500  # per call
MAX_RUN_CHARACTERS = 16 * 1024 * 1024  # of text
NOTIFIED_S, UNNOTIFIED_S = 5.0, 0.4  # that a run counts as open without a query: where stops are received, …
STORE_S = 1.0  # between two times that a process which serves nothing stores what it appended


class Entry(NamedTuple):
    """An event to append, and its text if it is a token."""

    draft: Draft
    text: str = ""

    @property
    def is_token(self) -> bool:
        return self.draft.type == TOKEN


class Produced(NamedTuple):
    """Where the run stands: the position of the last event appended, and whether the producer is to stop."""

    position: int | None
    stop: bool


@dataclass(slots=True)
class OpenRun:
    """A run as this instance knows it. ``key`` is the id of the API key that began it."""

    key: int | None
    until: float
    ended: bool
    characters: int = 0

    def count(self, entries: Sequence[Entry]) -> None:
        """Count their text. Raises a `Problem` of 413 if the run has too much."""
        self.characters += sum(len(one.text) for one in entries)
        if self.characters > MAX_RUN_CHARACTERS:
            raise Problem(413, f"The text of a run has at most {MAX_RUN_CHARACTERS} characters: end it.")


class Production:
    """Appends for the producers that call this instance; used from any thread."""

    def __init__(self, recorder: RunRecorder) -> None:
        self.notified = False  # of ends on other instances: this process serves
        self._stored_at = time.monotonic()
        self._recorder = recorder
        self._lock = threading.Lock()
        self._known: dict[UUID, OpenRun] = {}

    def append(
        self,
        run: UUID,
        produced: Sequence[tuple[str, Any]],
        *,
        key: int | None = None,
        terms: Terms = NO_TERMS,
    ) -> Produced:
        """Append events, each a type and data, all or none; none of them only renews the lease.

        For a run that has ended nothing is appended, and the producer is told to stop. ``key`` is the API key
        of a program, which has begun the run. Raises `Problem` of 403, 404, 413 or 422, and `LogAway`.
        """
        open = self.open(run, key)
        if open.ended:
            return Produced(None, True)
        topic = topics.run(run.hex)
        entries = [entry(topic, type, data, f"events.{i}.") for i, (type, data) in enumerate(produced)]
        open.count(entries)
        positions = shared_log().append([one.draft for one in entries], terms) if entries else []
        self._record(run, entries, positions)
        return Produced(positions[-1] if positions else None, False)

    async def append_counted(self, run: UUID, entries: Sequence[Entry], terms: Terms) -> int:
        """Append what was counted, all or none, to a run that is open; returns the last position.

        ``terms`` are those of a series, whose digest is how many of its events are appended then. On the
        event loop. Raises what `hub.log.Log.append_grouped` does.
        """
        positions = await shared_log().append_grouped([one.draft for one in entries], terms)
        if len(positions) != len(entries):
            # Another request has appended the series up to here, in other parts.
            raise OutOfSeries(terms.digest)
        self._record(run, entries, positions)
        return positions[-1]

    def renew(self, run: UUID) -> None:
        """Renew the lease of a run, whose producer is there."""
        self._recorder.appended(run, ())

    def store(self) -> None:
        """Store what the producers of this instance appended. Raises if the database is away."""
        self._recorder.store_now()

    def store_if_due(self) -> None:
        """Do so if no loop of this process does, and it was a while ago."""
        if not self.notified and self._stored_at < time.monotonic() - STORE_S:
            self.store()
            self._stored_at = time.monotonic()

    def ended(self, run: UUID) -> None:
        """The run has ended, here or on another instance."""
        with self._lock:
            if known := self._known.get(run):
                known.ended = True

    def open(self, run: UUID, key: int | None) -> OpenRun:
        """A run for its producer, by its row or as it is known. Raises a `Problem` of 403 or 404."""
        now = time.monotonic()
        with self._lock:
            known = self._known.get(run)
        if known is None or (known.until < now and not known.ended):
            row = Run.objects.filter(pk=run).values_list("api_key", "ended_at").first()
            if row is None:
                raise Problem(404, "There is no such run: begin one with POST /api/v1/runs.")
            with self._lock:
                self._forget(now)
                known = self._known.setdefault(run, OpenRun(row[0], 0.0, False))
                valid_s = NOTIFIED_S if self.notified else UNNOTIFIED_S
                known.until, known.ended = now + valid_s, known.ended or row[1] is not None
        if key is not None and known.key != key:
            raise Problem(403, "Another API key began this run: use that one.")
        return known

    def _record(self, run: UUID, entries: Sequence[Entry], positions: Sequence[int]) -> None:
        pairs = zip(positions, entries, strict=True)
        self._recorder.appended(run, [(at, one.text) for at, one in pairs if one.is_token])

    def _forget(self, now: float) -> None:
        silent = [run for run, one in self._known.items() if one.until < now - 10 * NOTIFIED_S]
        for run in silent:
            del self._known[run]


def entry(topic: str, type: str, data: Any, where: str = "") -> Entry:
    """An event of a run, checked. ``where`` begins the names of fields in a refusal. Raises a `Problem` of
    413 or 422."""
    if type in END_TYPES:
        raise Problem(
            422, f"{type!r} ends a run: POST to …/done, …/error or …/stop instead.", field=f"{where}type"
        )
    try:
        topics.check_type(type)
    except topics.BadTopic as bad:
        raise Problem(422, str(bad), field=f"{where}type") from None
    text = ""
    if type == TOKEN:
        if not (isinstance(data, dict) and data.keys() == {"text"} and isinstance(data["text"], str)):
            raise Problem(422, 'The data of a token are {"text": "…"}.', field=f"{where}data")
        text = data["text"]
    try:
        return Entry(events.draft(topic, type, data), text)
    except events.TooLarge as large:
        raise Problem(413, str(large), field=f"{where}data") from None
    except events.BadEvent as bad:
        raise Problem(422, str(bad), field=f"{where}data") from None
