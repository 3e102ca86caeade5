"""What pages acknowledge waits to be written, within limits, and is not lost while the database is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress

import pytest

from hub.errors import Problem
from notifications.tracking import acknowledgement_journal
from notifications.tracking.acknowledgement_journal import (
    MAX_IDS_PER_PERSON,
    PATIENCE_S,
    AcknowledgementJournal,
)
from notifications.tracking.acknowledgement_log import Acknowledgement

DEADLINE_S = 10


class Book:
    """What was written; none can be while it is ``away``, none is on record while it knows ``nothing``."""

    def __init__(self) -> None:
        self.written: list[tuple[str, str]] = []
        self.calls = 0
        self.away: Exception | None = None
        self.nothing = False

    async def write(self, given: Sequence[Acknowledgement]) -> list[Acknowledgement]:
        self.calls += 1
        if self.away:
            raise self.away
        if self.nothing:
            return list(given)
        self.written += [(one.person, one.id) for one in given]
        return []

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                await asyncio.sleep(0.005)


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
async def journal(book: Book, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AcknowledgementJournal]:
    monkeypatch.setattr(acknowledgement_journal, "GATHER_S", 0.01)
    monkeypatch.setattr(acknowledgement_journal, "RETRY_S", 0.01)
    journal = AcknowledgementJournal(book.write)
    running = asyncio.create_task(journal.run())
    yield journal
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_what_comes_within_a_moment_is_written_at_once(
    book: Book, journal: AcknowledgementJournal
) -> None:
    journal.add("1", ["n1", "n2"])
    journal.add("2", ["n1"])
    await book.until(lambda: len(book.written) == 3)

    assert sorted(book.written) == [("1", "n1"), ("1", "n2"), ("2", "n1")]
    assert book.calls == 1


async def test_while_the_database_is_away_they_wait(book: Book, journal: AcknowledgementJournal) -> None:
    book.away = OSError("away")
    journal.add("1", ["n1"])
    await book.until(lambda: book.calls > 0)
    book.away = None
    await book.until(lambda: bool(book.written))

    assert book.written == [("1", "n1")]


async def test_what_is_not_on_record_yet_is_tried_again(book: Book, journal: AcknowledgementJournal) -> None:
    book.nothing = True
    journal.add("1", ["n1"])
    await book.until(lambda: book.calls >= 2)
    book.nothing = False
    await book.until(lambda: bool(book.written))

    assert book.written == [("1", "n1")]


async def test_what_is_on_record_nowhere_is_given_up(
    book: Book, journal: AcknowledgementJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.nothing = True
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    journal.add("1", [f"n{n}" for n in range(MAX_IDS_PER_PERSON)])
    await book.until(lambda: book.calls > 0)
    monkeypatch.setattr(time, "time", lambda: now + PATIENCE_S + 1)
    await book.until(lambda: not journal._waiting)

    journal.add("1", ["n1"])  # there is room again


async def test_a_fault_of_ours_is_not_repeated(book: Book, journal: AcknowledgementJournal) -> None:
    book.away = TypeError("a fault")
    journal.add("1", ["n1"])
    await book.until(lambda: not journal._waiting)

    assert book.calls == 1


async def test_one_person_has_a_limit_and_the_others_have_not_reached_theirs(
    book: Book, journal: AcknowledgementJournal
) -> None:
    book.away = OSError("away")
    journal.add("1", [f"n{n}" for n in range(MAX_IDS_PER_PERSON)])

    with pytest.raises(Problem) as refused:
        journal.add("1", ["one more"])
    journal.add("2", ["n1"])

    assert refused.value.status == 429
    assert "Retry-After" in refused.value.headers


async def test_all_people_have_a_limit(
    book: Book, journal: AcknowledgementJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledgement_journal, "MAX_IDS", 3)
    book.away = OSError("away")
    journal.add("1", ["n1", "n2"])

    with pytest.raises(Problem) as refused:
        journal.add("2", ["n1", "n2"])

    assert refused.value.status == 503
