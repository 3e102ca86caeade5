"""What every log promises, whatever keeps it. Each test runs with memory and with Redis."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from hub.log import Log
from tests.services.log.conftest import MakeLog, RecordingReceiver, draft, new_log


async def test_positions_grow_over_all_topics(log: Log) -> None:
    positions = log.append([draft("a"), draft("b"), draft("a")]) + log.append([draft("c")])

    assert positions == sorted(set(positions))
    assert all(len(str(position)) == 16 for position in positions)


async def test_a_position_is_above_everything_the_caller_has_seen(log: Log) -> None:
    future = log.append([draft()])[0] + 3_600_000_000
    log.seen(future)

    (position,) = log.append([draft()])

    assert position > future


async def test_no_two_versions_are_the_same(log: Log) -> None:
    versions = [log.version(), *log.append([draft()]), log.version(), log.version()]

    assert versions == sorted(set(versions))


async def test_no_two_threads_get_the_same_version(log: Log) -> None:
    with ThreadPoolExecutor(4) as pool:
        versions = list(pool.map(lambda _: log.version(), range(100)))

    assert len(set(versions)) == 100


async def test_the_same_key_is_appended_once(log: Log, receiver: RecordingReceiver) -> None:
    await log.subscribe(["job-1"])

    first = log.append([draft(key="n1")])
    again = log.append([draft(key="n1"), draft(key="n2")])

    assert again[0] == first[0]
    assert again[1] > first[0]
    await receiver.until(lambda: len(receiver.events) == 2)
    assert [event.position for event in receiver.events] == [first[0], again[1]]


async def test_reading_gives_what_stands_after_in_order_over_topics(log: Log) -> None:
    first, *rest = log.append([draft("a", b"1"), draft("b", b"2"), draft("a", b"3"), draft("c", b"4")])

    page = await log.read({"a": first, "b": first})

    assert [(event.position, event.body) for event in page.events] == [(rest[0], b"2"), (rest[1], b"3")]
    assert page.upto == rest[2]
    assert not page.more


async def test_nothing_new_is_not_a_gap(log: Log) -> None:
    (position,) = log.append([draft()])

    page = await log.read({"job-1": position, "never-used": position})

    assert page.events == []
    assert page.gaps == frozenset()


async def test_each_event_names_the_previous_of_its_topic(log: Log) -> None:
    head = log.head()
    first, _, third = log.append([draft("a"), draft("b"), draft("a")])

    page = await log.read({"a": head})

    assert page.gaps == frozenset()
    assert page.events[1].previous == first
    assert page.events[1].position == third


async def test_what_was_trimmed_by_count_is_a_gap(make_log: MakeLog) -> None:
    log = await new_log(make_log, max_events=3)
    (start,) = log.append([draft(body=b"0")])
    positions = log.append([draft(body=b"%d" % n) for n in range(1, 5)])

    page = await log.read({"job-1": start})

    assert page.gaps == {"job-1"}
    assert [event.body for event in page.events] == [b"2", b"3", b"4"]
    assert (await log.read({"job-1": positions[0]})).gaps == frozenset()


async def test_what_was_trimmed_by_age_is_a_gap(make_log: MakeLog) -> None:
    log = await new_log(make_log, ttl_s=0.2)
    before = log.append([draft("other")])[0]
    (lost,) = log.append([draft()])

    async with asyncio.timeout(5):
        while not (await log.read({"job-1": before})).gaps:
            await asyncio.sleep(0.01)

    page = await log.read({"job-1": before})
    assert lost > before
    assert page.events == []


async def test_a_topic_silent_for_long_is_whole_for_a_later_position(make_log: MakeLog) -> None:
    log = await new_log(make_log, ttl_s=0.2)
    log.append([draft()])
    async with asyncio.timeout(5):
        while not (await log.read({"job-1": 1})).gaps or (await log.read({"job-1": 1})).events:
            await asyncio.sleep(0.01)
    (later,) = log.append([draft("other")])

    log.append([draft(body=b"new")])
    page = await log.read({"job-1": later})

    assert page.gaps == frozenset()
    assert [event.body for event in page.events] == [b"new"]


async def test_a_position_older_than_the_data_is_a_gap_on_every_topic(log: Log) -> None:
    page = await log.read({"job-1": 1, "never-used": 1})

    assert page.gaps == {"job-1", "never-used"}


async def test_a_log_that_went_back_in_time_admits_the_hole(log: Log) -> None:
    """A caller has seen more than the log knows: a flush, a restore, a failover that lost the end."""
    (known,) = log.append([draft()])
    lost = known + 5_000_000
    log.seen(lost)

    (position,) = log.append([draft(body=b"after")])

    assert position > lost
    assert (await log.read({"job-1": known})).gaps == {"job-1"}
    assert (await log.read({"job-1": lost})).gaps == frozenset()


async def test_a_long_history_is_read_in_pages_that_lose_nothing(make_log: MakeLog) -> None:
    log = await new_log(make_log, max_events=2000)
    head = log.head()
    expected = []
    for n in range(40):
        topics = ["busy" if n % 4 else f"quiet-{n}" for n in range(20)]
        expected += log.append([draft(topic, b"%d" % n) for topic in topics])
    requested = {"busy", *(f"quiet-{n}" for n in range(0, 20, 4))}

    found: list[int] = []
    after, pages, more = head, 0, True
    while more:
        page = await log.read(dict.fromkeys(requested, after))
        found += [event.position for event in page.events]
        after, more, pages = page.upto, page.more, pages + 1

    assert found == expected
    assert pages > 1


async def test_only_what_is_subscribed_is_received(log: Log, receiver: RecordingReceiver) -> None:
    await log.subscribe(["a", "b"])
    await log.unsubscribe(["b"])
    log.append([draft("b"), draft("a", b"heard")])

    await receiver.until(lambda: len(receiver.events) > 0)

    assert [(event.topic, event.type, event.body) for event in receiver.events] == [
        ("a", "progress", b"heard")
    ]


async def test_everything_appended_after_subscribing_is_received_in_order(
    log: Log, receiver: RecordingReceiver
) -> None:
    await log.subscribe(["a", "b"])
    with ThreadPoolExecutor(4) as threads:
        batches = list(threads.map(lambda n: log.append([draft("a"), draft("b")]), range(50)))

    await receiver.until(lambda: len(receiver.events) == 100)

    heard_positions = [event.position for event in receiver.events]
    assert heard_positions == sorted(position for batch in batches for position in batch)
    for topic in ("a", "b"):
        chain = [event for event in receiver.events if event.topic == topic]
        assert all(b.previous == a.position for a, b in zip(chain, chain[1:], strict=False))


async def test_a_body_travels_byte_for_byte(log: Log, receiver: RecordingReceiver) -> None:
    body = '{"text":"ünï → 🎉 \\u0000 \\n"}'.encode()
    head = log.head()
    await log.subscribe(["job-1"])
    log.append([draft(body=body)])

    await receiver.until(lambda: len(receiver.events) > 0)

    assert receiver.events[0].body == body
    assert (await log.read({"job-1": head})).events == receiver.events


async def test_what_is_forgotten_is_gone_and_the_other_topics_stand(log: Log) -> None:
    (first,) = log.append([draft("a", b"secret")])
    log.append([draft("b", b"other")])

    log.forget(["a", "never-used"])

    page = await log.read({"a": 0, "b": first})
    assert [event.body for event in page.events] == [b"other"]


async def test_a_topic_that_was_forgotten_goes_on_after_its_old_positions(log: Log) -> None:
    (first,) = log.append([draft("a", b"old")])
    log.forget(["a"])

    (second,) = log.append([draft("a", b"new")])

    page = await log.read({"a": 0})
    assert second > first
    assert [event.body for event in page.events] == [b"new"]
