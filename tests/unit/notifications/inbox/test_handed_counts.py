"""Counts that an instance hands over are shown at once, read again together, and forgotten when events are
missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest

from hub import events, topics
from hub.events import Draft, Encoded, Event
from hub.ports import Person
from notifications import application
from notifications.inbox import handed_counts, unread_counts
from notifications.inbox.handed_counts import HandedCounts
from notifications.inbox.unread_counts import UnreadCounts

COUNT = {"unread": 3, "unseen": 1, "version": 17}
NEWER = {"unread": 4, "unseen": 2, "version": 18}


class OpenFeed:
    """A feed that keeps what it is sent."""

    def __init__(self, id: str) -> None:
        self.person = Person(id, id, (topics.user(id),))
        self.topics = self.person.own
        self.sent: list[bytes] = []

    def put(self, encoded: Encoded) -> None:
        self.sent.append(encoded.payload)


class Counted:
    """Reads of counts, by the ids that each was for."""

    def __init__(self) -> None:
        self.reads: list[list[str]] = []

    async def __call__(self, people: Sequence[Person]) -> dict[str, dict[str, int]]:
        self.reads.append([person.id for person in people])
        return {person.id: dict(NEWER) for person in people}


def received(draft: Draft) -> Event:
    return Event(1, 0, draft.topic, draft.type, draft.body)


def handed(*ids: str) -> list[Event]:
    return [received(draft) for draft in handed_counts.drafts(dict.fromkeys(ids, COUNT))]


@asynccontextmanager
async def running(counts: UnreadCounts) -> AsyncIterator[None]:
    task = asyncio.create_task(counts.run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def until_sent(*feeds: OpenFeed) -> None:
    async with asyncio.timeout(5):
        while not all(feed.sent for feed in feeds):
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_counts, "RENEWAL_S", 0.05)
    monkeypatch.setattr(unread_counts, "GATHER_S", 0.005)


async def test_a_feed_opens_with_it_and_all_that_did_are_read_again_together() -> None:
    reads = Counted()
    counts = UnreadCounts(reads)
    for event in handed("ann", "bob"):
        counts.event_received(event)
    feeds = [OpenFeed("ann"), OpenFeed("bob")]

    async with running(counts):
        opened = [await counts.feed_opened(feed) for feed in feeds]
        read_before = list(reads.reads)
        await until_sent(*feeds)

    assert opened == [COUNT, COUNT]
    assert read_before == []
    assert [sorted(ids) for ids in reads.reads] == [["ann", "bob"]]


async def test_a_feed_that_missed_something_is_sent_its_count_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_counts, "RENEWAL_S", 60)
    reads = Counted()
    counts = UnreadCounts(reads)
    for event in handed("ann"):
        counts.event_received(event)
    feed = OpenFeed("ann")

    async with running(counts):
        await counts.feed_opened(feed)
        counts.feed_caught_up(feed)
        await until_sent(feed)

    assert reads.reads == [["ann"]]


async def test_none_is_used_after_events_were_missed() -> None:
    counts = UnreadCounts(Counted())
    counts.receiving(True)
    for event in handed("ann"):
        counts.event_received(event)

    counts.receiving(False)
    counts.receiving(True)

    assert await counts.feed_opened(OpenFeed("ann")) == NEWER


async def test_what_was_handed_over_before_events_are_received_is_used() -> None:
    counts = UnreadCounts(Counted())
    for event in handed("ann"):
        counts.handed_over(event)

    counts.receiving(False)
    counts.receiving(True)

    assert await counts.feed_opened(OpenFeed("ann")) == COUNT


async def test_the_counts_of_all_open_feeds_are_handed_over() -> None:
    counts, others = UnreadCounts(Counted()), HandedCounts()
    for id in ("ann", "bob"):
        await counts.feed_opened(OpenFeed(id))

    async def send(drafts: list[Draft]) -> None:
        for draft in drafts:
            others.event_received(received(draft))

    await counts.hand_over(send)

    assert [others.of(id) for id in ("ann", "bob", "eve")] == [NEWER, NEWER, None]


def test_it_is_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handed_counts, "KEPT_S", 0)
    counts = HandedCounts()
    for event in handed("ann"):
        counts.event_received(event)

    assert counts.of("ann") is None


@pytest.mark.parametrize(
    "data", [{}, {"counts": [1]}, {"counts": {"ann": {"unread": 1}}}, {"counts": {"ann": 1}}]
)
def test_what_is_no_count_is_refused(data: Any) -> None:
    counts = HandedCounts()

    with pytest.raises((KeyError, TypeError, AttributeError, ValueError)):
        counts.event_received(received(events.draft(topics.CONTROL, handed_counts.TYPE, data)))


def test_only_the_control_topic_hands_over() -> None:
    counts = HandedCounts()
    for event in handed("ann"):
        counts.event_received(Event(1, 0, "job-1", event.type, event.body))

    assert counts.of("ann") is None


async def test_an_instance_that_starts_reads_what_was_handed_over_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    malformed = received(events.draft(topics.CONTROL, handed_counts.TYPE, {"counts": 1}))
    asked: list[dict[str, int]] = []

    async def read(after: dict[str, int]) -> SimpleNamespace:
        asked.append(after)
        return SimpleNamespace(events=[malformed, *handed("ann")])

    monkeypatch.setattr(handed_counts, "shared_log", lambda: SimpleNamespace(read=read))
    hub = application.Notifications()
    loops = hub.loops()
    begin = loops.pop("handed over")
    for loop in loops.values():
        loop.close()

    await begin

    assert (await hub.feed_opened(OpenFeed("ann")))["count"] == COUNT
    assert [list(after) for after in asked] == [[topics.CONTROL]]
