"""No topic gets more events a second than its policy allows, whoever publishes. Memory and Redis alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from hub.log import Log, RateExceeded, Terms
from hub.log.redis import RedisLog
from hub.policies import current
from hub.policies.policy import TopicPolicy
from tests.services.log.conftest import MakeLog, draft, new_log

SLOW = 0.02  # events a second: one, and the next long after the end of a test


@pytest.fixture(autouse=True)
def _policies() -> Iterator[None]:
    current.table.replace(
        [
            TopicPolicy("slow-*", max_rate=SLOW),
            TopicPolicy("job-*", max_rate=5),
            TopicPolicy("quick", max_rate=50),
        ]
    )
    yield
    current.table.replace([])


def accepted(log: Log, topic: str, attempts: int) -> int:
    """How many of so many events, one by one, were appended."""
    count = 0
    for _ in range(attempts):
        with suppress(RateExceeded):
            count += len(log.append([draft(topic)]))
    return count


async def read(log: Log, topic: str) -> int:
    return len((await log.read({topic: 0})).events)


async def test_beyond_the_rate_an_event_is_refused_with_the_time_until_it_passes(make_log: MakeLog) -> None:
    log = await new_log(make_log)

    log.append([draft("slow-1")])
    with pytest.raises(
        RateExceeded, match=r"slow-1 may have 0\.02 events a second: try again in"
    ) as exceeded:
        log.append([draft("slow-1")])

    assert 40 <= exceeded.value.seconds <= 50
    assert await read(log, "slow-1") == 1


async def test_the_events_of_a_second_pass_at_once_and_never_more(make_log: MakeLog) -> None:
    log = await new_log(make_log)

    with pytest.raises(RateExceeded, match="at most 5 at once"):
        log.append([draft("job-1")] * 6)

    assert len(log.append([draft("job-1")] * 5)) == 5


async def test_what_is_beyond_the_rate_appends_nothing_of_its_batch(make_log: MakeLog) -> None:
    log = await new_log(make_log)
    log.append([draft("slow-1")])

    with pytest.raises(RateExceeded) as exceeded:
        log.append([draft("free"), draft("slow-2"), draft("slow-1")])

    assert exceeded.value.topic == "slow-1"
    assert await read(log, "free") == await read(log, "slow-2") == 0
    assert accepted(log, "slow-2", 1) == 1  # nor was any of it counted


async def test_each_topic_has_a_rate_of_its_own_and_others_have_none(make_log: MakeLog) -> None:
    log = await new_log(make_log)

    assert [accepted(log, topic, 5) for topic in ("slow-1", "slow-2", "free")] == [1, 1, 5]


async def test_events_pass_again_as_time_goes_by(make_log: MakeLog) -> None:
    log = await new_log(make_log)
    log.append([draft("quick")] * 50)

    async with asyncio.timeout(10):
        while not accepted(log, "quick", 1):
            await asyncio.sleep(0.005)


async def test_the_first_answer_is_repeated_whatever_the_rate(make_log: MakeLog) -> None:
    log = await new_log(make_log)
    once = Terms("ci", "ci:1", "digest")
    positions = log.append([draft("slow-1")], once)

    assert log.append([draft("slow-1")], once) == positions


async def test_race_several_instances_share_one_rate(make_instance: Callable[[str], RedisLog]) -> None:
    logs = [make_instance(f"instance-{number}") for number in range(3)]

    counts = await asyncio.gather(*(asyncio.to_thread(accepted, log, "slow-1", 20) for log in logs))

    assert sum(counts) == 1
