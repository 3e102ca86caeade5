"""How much of a topic is kept is for its policy to say, and what is gone is a gap. Memory and Redis alike."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from hub.events import Draft
from hub.log import DEFAULT_MEMORY_BYTES, MAX_TOPIC_BYTES, Log, LogFull, Terms
from hub.policies import current
from hub.policies.policy import TopicPolicy
from tests.services.log.conftest import MakeLog, draft, new_log

CI = Terms("ci")
AGE_S = 1


@pytest.fixture(autouse=True)
def _no_policies() -> Iterator[None]:
    yield
    current.table.replace([])


def policy(**fields: object) -> None:
    current.table.replace([TopicPolicy("job-*", **fields)])  # type: ignore[arg-type]


async def bodies(log: Log, after: int, topic: str = "job-1") -> list[bytes]:
    return [event.body for event in (await log.read({topic: after})).events]


def numbers(first: int, last: int, topic: str = "job-1") -> list[Draft]:
    return [draft(topic, b"%d" % n) for n in range(first, last + 1)]


@pytest.mark.parametrize("events", [2, 7])
async def test_a_topic_keeps_as_many_events_as_its_policy_says(make_log: MakeLog, events: int) -> None:
    policy(max_events=events)
    log = await new_log(make_log, max_events=4)
    (start,) = log.append([draft("other")])

    positions = log.append(numbers(1, 9))

    page = await log.read({"job-1": start})
    assert [int(event.body) for event in page.events] == [*range(10 - events, 10)]
    assert page.gaps == {"job-1"}
    assert (await log.read({"job-1": positions[-events - 1]})).gaps == frozenset()


async def test_other_topics_keep_what_the_settings_say(make_log: MakeLog) -> None:
    policy(max_events=2)
    log = await new_log(make_log, max_events=4)
    (start,) = log.append([draft("zero")])

    log.append([*numbers(1, 9), *numbers(1, 9, "other")])

    assert await bodies(log, start, "other") == [b"6", b"7", b"8", b"9"]


async def test_a_policy_that_changes_holds_from_the_next_event_on(make_log: MakeLog) -> None:
    policy(max_events=9)
    log = await new_log(make_log, max_events=4)
    (start,) = log.append([draft("other")])
    log.append(numbers(1, 9))

    policy(max_events=3)
    log.append(numbers(10, 10))

    assert await bodies(log, start) == [b"8", b"9", b"10"]


async def test_a_policy_that_is_gone_leaves_what_the_settings_say(make_log: MakeLog) -> None:
    policy(max_events=9)
    log = await new_log(make_log, max_events=4)
    (start,) = log.append([draft("other")])
    log.append(numbers(1, 9))

    current.table.replace([])
    log.append(numbers(10, 10))

    assert await bodies(log, start) == [b"7", b"8", b"9", b"10"]


async def test_what_reached_the_age_of_a_silent_topic_is_left_out_and_is_a_gap(make_log: MakeLog) -> None:
    policy(max_age_s=AGE_S)
    log = await new_log(make_log)
    (start,) = log.append([draft("other")])
    positions = log.append(numbers(1, 3))

    async with asyncio.timeout(5):
        while await bodies(log, start):
            await asyncio.sleep(0.01)

    assert (await log.read({"job-1": start})).gaps == {"job-1"}
    assert (await log.read({"job-1": positions[1]})).gaps == {"job-1"}
    assert (await log.read({"job-1": positions[2]})).gaps == frozenset()


async def test_what_reached_the_age_is_left_out_before_what_has_not(make_log: MakeLog) -> None:
    policy(max_age_s=AGE_S)
    log = await new_log(make_log)
    (start,) = log.append([draft("other")])
    positions = log.append(numbers(1, 2))
    async with asyncio.timeout(5):
        while await bodies(log, start):
            await asyncio.sleep(0.01)

    log.append(numbers(3, 3))

    page = await log.read({"job-1": start})
    assert [event.body for event in page.events] == [b"3"]
    assert page.gaps == {"job-1"}
    assert (await log.read({"job-1": positions[1]})).gaps == frozenset()


async def test_a_greater_age_than_that_of_the_settings_is_kept(make_log: MakeLog) -> None:
    policy(max_age_s=60)
    log = await new_log(make_log, ttl_s=0.3)
    (start,) = log.append([draft("other")])
    log.append([*numbers(1, 2), *numbers(1, 2, "other")])

    async with asyncio.timeout(5):
        while await bodies(log, start, "other"):
            await asyncio.sleep(0.01)

    log.append(numbers(3, 3))
    page = await log.read({"job-1": start})
    assert [event.body for event in page.events] == [b"1", b"2", b"3"]
    assert page.gaps == frozenset()


async def test_a_lesser_age_proves_no_silence_that_was_not(make_log: MakeLog) -> None:
    """A topic is remembered for as long as the settings say, though nothing of it can be read any more."""
    policy(max_age_s=AGE_S)
    log = await new_log(make_log, ttl_s=60)
    (start,) = log.append([draft("other")])
    log.append(numbers(1, 1))
    async with asyncio.timeout(5):
        while await bodies(log, start):
            await asyncio.sleep(0.01)

    current.table.replace([])
    log.append([draft("other")])

    page = await log.read({"job-1": start})
    assert page.events or page.gaps == {"job-1"}


async def test_a_topic_keeps_as_many_bytes_as_its_policy_says(make_log: MakeLog) -> None:
    policy(max_history_bytes=30_000)
    log = await new_log(make_log, max_bytes=1_000_000)
    (start,) = log.append([draft("other")])

    positions = log.append([draft(body=b"a" * 10_000) for _ in range(5)])

    page = await log.read({"job-1": start})
    assert [event.position for event in page.events] == positions[3:]
    assert page.gaps == {"job-1"}


async def test_more_bytes_than_the_settings_say_are_kept_up_to_the_bound(make_log: MakeLog) -> None:
    policy(max_history_bytes=10 * MAX_TOPIC_BYTES, max_events=100_000)
    log = await new_log(make_log, max_bytes=100_000)
    (start,) = log.append([draft("other")])
    for _ in range(30):
        log.append([draft(body=b"a" * 600_000)])

    page = await log.read({"job-1": start})

    assert 14_000_000 < sum(len(event.body) for event in page.events) <= MAX_TOPIC_BYTES


async def until_full(log: Log, topic: str) -> int:
    for appended in range(100):
        try:
            log.append([Draft(f"{topic}-{appended}", "progress", b"x" * 10_000, owner="ci")], CI)
        except LogFull:
            return appended
    raise AssertionError("the share has no end")


@pytest.mark.parametrize("fields", [{"max_events": 3}, {"max_history_bytes": 31_000}])
async def test_what_a_policy_trims_is_given_back_to_its_owner(
    make_log: MakeLog, fields: dict[str, int]
) -> None:
    policy(**fields)
    log = await new_log(make_log, owner_share=100_000 / DEFAULT_MEMORY_BYTES)

    for _ in range(50):
        log.append([Draft("job-1", "progress", b"x" * 10_000, owner="ci")], CI)

    assert 4 <= await until_full(log, "more") <= 6


async def test_what_is_kept_longer_counts_longer(make_log: MakeLog) -> None:
    policy(max_age_s=600)
    log = await new_log(make_log, owner_share=100_000 / DEFAULT_MEMORY_BYTES, ttl_s=1)
    log.append([Draft("job-1", "progress", b"x" * 50_000, owner="ci")], CI)

    with pytest.raises(LogFull) as full:
        log.append([], Terms("ci", extra_bytes=60_000))

    assert 590 <= full.value.seconds <= 700


async def test_what_a_policy_of_before_kept_is_given_back_as_it_was_counted(make_log: MakeLog) -> None:
    policy(max_age_s=600)
    log = await new_log(make_log, owner_share=100_000 / DEFAULT_MEMORY_BYTES, ttl_s=60)
    log.append([Draft("job-1", "progress", b"x" * 50_000, owner="ci")], CI)

    policy(max_events=1)
    log.append([Draft("job-1", "progress", b"x", owner="ci")], CI)

    assert 7 <= await until_full(log, "more") <= 9
