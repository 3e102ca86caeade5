"""Placing: appending that says what is new, and only where nothing was said since."""

from __future__ import annotations

import asyncio

import pytest

from hub.events import Draft
from hub.log import Appended, Log, Overtaken
from tests.services.log.conftest import MakeLog, RecordingReceiver, draft, new_log


def message(body: bytes = b"{}", key: str = "") -> Draft:
    return draft("a", body, key)


async def bodies(log: Log, after: int) -> list[bytes]:
    return [event.body for event in (await log.read({"a": after})).events]


async def test_what_is_appended_is_stored_and_received_in_order(
    log: Log, receiver: RecordingReceiver
) -> None:
    head = log.head()
    await log.subscribe(["a"])

    appended = [*await log.append_if([message(b"1"), message(b"2")]), *await log.append_if([message(b"3")])]

    assert all(one.fresh for one in appended)
    await receiver.until(lambda: len(receiver.events) == 3)
    assert [event.position for event in receiver.events] == [one.position for one in appended]
    assert await bodies(log, head) == [b"1", b"2", b"3"]


async def test_nothing_is_appended_of_nothing(log: Log) -> None:
    assert await log.append_if([], after=1) == []


async def test_a_key_that_was_used_gives_its_first_position_and_appends_nothing(log: Log) -> None:
    head = log.head()
    (first,) = await log.append_if([message(b"1", "a")])

    again, other, twice = await log.append_if([message(b"2", "a"), message(b"3", "b"), message(b"4", "b")])

    assert again == Appended(first.position, False)
    assert other.fresh
    assert twice == Appended(other.position, False)
    assert await bodies(log, head) == [b"1", b"3"]


async def test_a_key_that_was_appended_counts_as_used(log: Log) -> None:
    (position,) = log.append([message(key="a")])

    assert await log.append_if([message(key="a")]) == [Appended(position, False)]


async def test_after_the_last_position_it_is_appended(log: Log) -> None:
    (first,) = await log.append_if([message()])
    await log.append_if([draft("b")])

    second, third = await log.append_if([message(), message()], after=first.position)
    (last,) = await log.append_if([message()], after=third.position + 1_000_000)

    assert first.position < second.position < third.position < last.position


async def test_after_an_earlier_position_it_is_overtaken_and_nothing_stands_of_it(
    log: Log, receiver: RecordingReceiver
) -> None:
    await log.subscribe(["a"])
    head = log.head()
    first, second = await log.append_if([message(b"1"), message(b"2")])

    with pytest.raises(Overtaken) as caught:
        await log.append_if([message(b"3", "c"), message(b"4")], after=first.position)

    assert caught.value.position == second.position
    assert await bodies(log, head) == [b"1", b"2"]
    (later,) = await log.append_if([message(b"3", "c")])
    assert later.fresh
    await receiver.until(lambda: len(receiver.events) == 3)
    assert [event.body for event in receiver.events] == [b"1", b"2", b"3"]


async def test_a_key_that_was_used_is_answered_though_it_was_overtaken(log: Log) -> None:
    (first,) = await log.append_if([message(key="a")], after=log.head())
    await log.append_if([message()])

    assert await log.append_if([message(key="a")], after=first.position - 1) == [
        Appended(first.position, False)
    ]
    with pytest.raises(Overtaken):
        await log.append_if([message(key="a"), message(key="b")], after=first.position)


async def test_after_minus_one_nothing_is_appended_even_to_an_empty_topic(log: Log) -> None:
    with pytest.raises(Overtaken) as caught:
        await log.append_if([message(key="a")], after=-1)

    assert caught.value.position == 0
    (first,) = await log.append_if([message(key="a")], after=0)
    assert first.fresh
    assert await log.append_if([message(key="a")], after=-1) == [Appended(first.position, False)]


async def test_of_many_that_rely_on_one_position_exactly_one_is_appended(log: Log) -> None:
    (start,) = await log.append_if([message(b"start")])

    answers = await asyncio.gather(
        *(log.append_if([message(b"%d" % n, f"k{n}")], after=start.position) for n in range(40)),
        return_exceptions=True,
    )

    won = [answer[0].position for answer in answers if isinstance(answer, list)]
    overtaken = [answer.position for answer in answers if isinstance(answer, Overtaken)]
    assert len(won) == 1
    assert overtaken == won * 39
    assert len(await bodies(log, start.position)) == 1


async def test_many_that_are_overtaken_and_look_again_are_all_appended_once(log: Log) -> None:
    head = log.head()

    async def insist(n: int) -> None:
        after = head
        while True:
            try:
                await log.append_if([message(b"%d" % n, f"k{n}")], after=after)
                return
            except Overtaken as overtaken:
                after = overtaken.position

    await asyncio.gather(*(insist(n) for n in range(15)))

    assert sorted(await bodies(log, head), key=int) == [b"%d" % n for n in range(15)]


async def test_a_topic_that_was_trimmed_by_count_still_knows_where_it_stands(make_log: MakeLog) -> None:
    log = await new_log(make_log, max_events=2)
    appended = await log.append_if([message() for _ in range(5)])

    with pytest.raises(Overtaken) as caught:
        await log.append_if([message()], after=appended[0].position)
    (later,) = await log.append_if([message()], after=appended[-1].position)

    assert caught.value.position == appended[-1].position
    assert later.fresh


async def test_on_a_topic_that_was_forgotten_nothing_stands_after_any_position(make_log: MakeLog) -> None:
    log = await new_log(make_log, ttl_s=0.2)
    (lost,) = await log.append_if([message()])

    appended: list[Appended] = []
    async with asyncio.timeout(5):
        while not appended:
            try:
                appended = await log.append_if([message()], after=1)
            except Overtaken:
                await asyncio.sleep(0.01)

    assert appended[0].fresh
    assert appended[0].position - lost.position >= 200_000


async def test_a_appended_position_is_above_everything_the_caller_has_seen(log: Log) -> None:
    future = log.head() + 3_600_000_000
    log.seen(future)

    (appended,) = await log.append_if([message()], after=future)

    assert appended.position > future
