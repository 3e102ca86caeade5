"""How much there is of a topic, in memory and in Redis alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.log import Log, LogAway
from hub.log.memory import MemoryLog
from hub.policies.policy import TopicPolicy
from tests.cluster.redis import Redis
from tests.services.log.conftest import MakeLog, draft, new_log


async def test_a_topic_has_its_events_and_the_position_of_the_last(log: Log) -> None:
    positions = log.append([draft(), draft(), draft("job-2")])

    assert log.measures.extent("job-1") == (2, positions[1])
    assert log.measures.extent("nothing") == (0, 0)


async def test_what_is_trimmed_and_what_is_removed_is_not_counted(make_log: MakeLog) -> None:
    log = await new_log(make_log, max_events=3)
    log.append([draft(), draft(), draft(), draft(key="k")])

    assert log.measures.extent("job-1").events == 3
    (last,) = log.append([draft(removes="k")])
    assert log.measures.extent("job-1") == (2, last)


async def test_what_is_older_than_its_policy_allows_is_not_counted(
    make_log: MakeLog, topic_policies: Callable[..., None]
) -> None:
    log = await new_log(make_log)
    (position,) = log.append([draft()])

    topic_policies(TopicPolicy("job-*", max_age_s=0))

    assert log.measures.extent("job-1") == (0, position)


async def test_the_processes_that_receive_a_topic_are_counted(log: Log) -> None:
    await log.subscribe(["job-1"])

    assert log.measures.instances(["job-1"]) == [1]


async def test_while_redis_is_away_nothing_is_known(
    server: Redis, make_instance: Callable[[str], Log]
) -> None:
    log = make_instance("one")
    server.stop()

    with pytest.raises(LogAway):
        log.measures.extent("job-1")


async def test_a_process_that_serves_no_one_receives_nothing() -> None:
    assert MemoryLog(100, 60).measures.instances(["job-1"]) == [0]
