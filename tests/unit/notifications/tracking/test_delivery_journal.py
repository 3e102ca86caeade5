"""To whom a notification was given is noted, live and by replay, and the note is not lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import pytest

from notifications.tracking.delivery_journal import DeliveryJournal
from notifications.tracking.delivery_log import LiveDelivery, ReplayDelivery
from tests.unit.hub.feeds.conftest import Desk


class Book:
    """What was written down; ``away`` writes fail, and all while there is a ``fault``."""

    def __init__(self) -> None:
        self.given: list[LiveDelivery] = []
        self.caught: list[ReplayDelivery] = []
        self.away = 0
        self.fault: Exception | None = None

    async def write(self, given: Sequence[LiveDelivery], caught: Sequence[ReplayDelivery]) -> None:
        if self.fault:
            raise self.fault
        if self.away:
            self.away -= 1
            raise OSError("the database is down")
        self.given += given
        self.caught += caught


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
async def journal(desk: Desk, book: Book) -> AsyncIterator[DeliveryJournal]:
    journal = desk.journal = DeliveryJournal(book.write)
    running = asyncio.create_task(journal.run())
    yield journal
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_notification_is_recorded_with_everyone_it_was_given_to(
    desk: Desk, book: Book, journal: DeliveryJournal
) -> None:
    ann = await desk.opened(headers={"authorization": "Bearer ann"})
    bob = await desk.opened(headers={"authorization": "Bearer bob"})

    desk.publish("everyone", {"id": "n1"}, "notification")
    await ann.until_event("notification")
    await bob.until_event("notification")
    await journal.flush()

    assert [(given.id, given.people) for given in book.given] == [("n1", frozenset({"ann", "bob"}))]


async def test_a_subscriber_to_another_inbox_is_no_recipient(
    desk: Desk, book: Book, journal: DeliveryJournal
) -> None:
    staff = await desk.opened(("own", "0"), ("topic", "user-ann"), headers={"authorization": "Bearer boss"})

    desk.publish("user-ann", {"id": "n1"}, "notification")
    await staff.until_event("notification")
    await journal.flush()

    assert book.given == []


async def test_topics_outside_the_inbox_and_other_events_are_not_recorded(
    desk: Desk, book: Book, journal: DeliveryJournal
) -> None:
    ann = await desk.opened(("topic", "job-1"), headers={"authorization": "Bearer ann"})

    desk.publish("job-1", {"id": "n1"}, "notification")
    desk.publish("user-ann", {"id": "n1"}, "recalled")
    await ann.until_event("recalled")
    await journal.flush()

    assert book.given == []


@pytest.mark.parametrize("in_memory", [True, False])
async def test_who_comes_back_is_recorded_with_what_the_replay_covered(
    desk: Desk, book: Book, journal: DeliveryJournal, in_memory: bool
) -> None:
    if in_memory:
        await desk.opened(headers={"authorization": "Bearer ann"})
    first = desk.publish("everyone", {"id": "n1"}, "notification")
    second = desk.publish("everyone", {"id": "n2"}, "notification")

    await desk.opened(headers={"authorization": "Bearer ann", "last-event-id": str(first)})
    await journal.flush()

    (caught,) = book.caught
    assert (caught.person, caught.topics) == ("ann", ("everyone", "user-ann"))
    assert caught.after == first
    assert caught.upto >= second


async def test_who_missed_nothing_is_not_recorded(desk: Desk, book: Book, journal: DeliveryJournal) -> None:
    position = desk.publish("everyone", {"id": "n1"}, "notification")

    await desk.opened(headers={"authorization": "Bearer ann", "last-event-id": str(position)})
    await journal.flush()

    assert book.caught == []


async def test_what_cannot_be_written_down_is_written_the_next_time(
    desk: Desk, book: Book, journal: DeliveryJournal
) -> None:
    ann = await desk.opened(headers={"authorization": "Bearer ann"})
    book.away = 1
    desk.publish("everyone", {"id": "n1"}, "notification")
    await ann.until_event("notification")

    with pytest.raises(OSError, match="down"):
        await journal.flush()
    desk.publish("everyone", {"id": "n2"}, "notification")
    await ann.until_event("notification", 2)
    await journal.flush()

    assert [given.id for given in book.given] == ["n1", "n2"]


async def test_who_comes_back_with_the_same_position_again_is_recorded_once(
    desk: Desk, book: Book, journal: DeliveryJournal
) -> None:
    start = desk.log.head()
    desk.publish("everyone", {"id": "n1"}, "notification")

    for _ in range(3):
        await desk.opened(headers={"authorization": "Bearer ann", "last-event-id": str(start)})
        await journal.flush()

    assert len(book.caught) == 1


async def test_only_what_was_written_down_is_remembered_as_recorded(
    desk: Desk, book: Book, journal: DeliveryJournal
) -> None:
    start = desk.log.head()
    desk.publish("everyone", {"id": "n1"}, "notification")
    book.away = 1

    await desk.opened(headers={"authorization": "Bearer ann", "last-event-id": str(start)})
    with pytest.raises(OSError, match="down"):
        await journal.flush()
    await journal.flush()

    assert len(book.caught) == 1


async def test_a_newcomer_is_recorded_from_when_they_came(
    desk: Desk, book: Book, journal: DeliveryJournal
) -> None:
    desk.since = desk.log.head()
    desk.publish("everyone", {"id": "n1"}, "notification")

    await desk.opened(headers={"authorization": "Bearer ann", "last-event-id": "1"})
    await journal.flush()

    assert [caught.after for caught in book.caught] == [desk.since]


async def test_a_fault_of_ours_holds_up_no_one(desk: Desk, book: Book, journal: DeliveryJournal) -> None:
    ann = await desk.opened(headers={"authorization": "Bearer ann"})
    book.fault = TypeError("a fault")
    desk.publish("everyone", {"id": "n1"}, "notification")
    await ann.until_event("notification")
    await journal.flush()

    book.fault = None
    desk.publish("everyone", {"id": "n2"}, "notification")
    await ann.until_event("notification", 2)
    await journal.flush()

    assert [given.id for given in book.given] == ["n2"]
    assert journal.lost == 1


async def test_a_notification_without_an_id_is_no_note(
    desk: Desk, book: Book, journal: DeliveryJournal
) -> None:
    ann = await desk.opened(headers={"authorization": "Bearer ann"})

    desk.publish("everyone", {"id": 7}, "notification")
    desk.publish("everyone", {"title": "none"}, "notification")
    desk.publish("everyone", {"id": "n1"}, "notification")
    await ann.until_event("notification", 3)
    await journal.flush()

    assert [given.id for given in book.given] == ["n1"]
