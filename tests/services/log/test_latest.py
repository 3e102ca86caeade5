"""The last event of each key, beside the history of a topic. Memory and Redis alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
import redis

from hub.events import Draft, draft
from hub.log import DEFAULT_MEMORY_BYTES, Log, LogAway, LogFull, Terms, retention
from hub.log.redis import RedisLog
from hub.policies import current
from hub.policies.policy import TopicPolicy
from tests.cluster.redis import Redis
from tests.services.log.conftest import MakeLog, RecordingReceiver, listening, new_log, read_soon

CI = Terms("ci")


@pytest.fixture(autouse=True)
def _policies() -> Iterator[None]:
    policy()
    yield
    current.table.replace([])


def policy(**fields: object) -> None:
    current.table.replace([TopicPolicy("tiles-*", latest=True, **fields)])  # type: ignore[arg-type]


def tile(value_key: str, number: int, topic: str = "tiles-1", *, key: str = "", owner: str = "") -> Draft:
    return draft(topic, "tile", number, value_key=value_key, key=key, owner=owner)


def removal_of(key: str) -> Draft:
    return draft("tiles-1", "recalled", None, key=f"recalled-{key}", removes=key)


async def values(log: Log, topic: str = "tiles-1") -> list[int]:
    return [event.data for event in (await log.latest([topic])).events[topic]]


async def test_the_last_of_each_key_is_kept_in_order_of_position(log: Log) -> None:
    positions = log.append([tile("a", 1), tile("b", 2), tile("c", 3), tile("a", 4)])

    latest = await log.latest(["tiles-1"])

    found = latest.events["tiles-1"]
    assert [(event.position, event.data) for event in found] == list(
        zip(positions[1:], [2, 3, 4], strict=True)
    )
    assert [(event.topic, event.type) for event in found] == [("tiles-1", "tile")] * 3
    assert latest.upto >= positions[-1]


async def test_it_outlives_the_history(make_log: MakeLog) -> None:
    policy(max_events=2)
    log = await new_log(make_log)

    log.append([tile(f"k{n}", n) for n in range(50)])

    assert await values(log) == [*range(50)]
    assert len((await log.read({"tiles-1": 0})).events) == 2


async def test_topics_are_kept_apart(log: Log) -> None:
    log.append([tile("a", 1), tile("a", 2, "tiles-2"), tile("a", 3, "other")])

    latest = await log.latest(["tiles-1", "tiles-2", "tiles-3", "other"])

    found = {topic: [event.data for event in events] for topic, events in latest.events.items()}
    assert found == {"tiles-1": [1], "tiles-2": [2], "tiles-3": [], "other": []}


@pytest.mark.parametrize("key", ["ключ", "a b", "-1", "0", '"', "1764547200000000 5 a 0 ", "x" * 200])
async def test_a_key_is_any_text(log: Log, key: str) -> None:
    log.append([tile(key, 1), tile("other", 2), tile(key, 3)])

    assert await values(log) == [2, 3]


async def test_an_owner_of_any_name_is_not_in_the_value(log: Log) -> None:
    log.append([tile("a", 1, owner="CI: 5 {x} 7 ")], Terms("CI: 5 {x} 7 "))

    assert await values(log) == [1]


async def test_the_same_event_a_second_time_is_no_newer(log: Log) -> None:
    log.append([tile("a", 1, key="n1"), tile("a", 2)])

    log.append([tile("a", 1, key="n1")])

    assert await values(log) == [2]


async def test_a_removed_event_is_no_value_any_more(log: Log) -> None:
    log.append([tile("a", 1, key="n1"), tile("b", 2, key="n2")])

    log.append([removal_of("n1")])

    assert await values(log) == [2]


async def test_a_removed_event_takes_no_newer_value_with_it(log: Log) -> None:
    log.append([tile("a", 1, key="n1"), tile("a", 2)])

    log.append([removal_of("n1")])

    assert await values(log) == [2]


async def test_an_event_removed_after_the_history_lost_it_is_no_value(make_log: MakeLog) -> None:
    policy(max_events=1)
    log = await new_log(make_log)
    log.append([tile("a", 1, key="n1"), tile("b", 2)])

    log.append([removal_of("n1")])

    assert await values(log) == [2]


async def test_a_forgotten_topic_has_no_values(log: Log) -> None:
    log.append([tile("a", 1)])

    log.forget(["tiles-1"])
    assert await values(log) == []

    log.append([tile("b", 2)])
    assert await values(log) == [2]


async def test_without_the_policy_there_are_no_values(log: Log) -> None:
    log.append([tile("a", 1)])

    current.table.replace([])

    assert await values(log) == []


async def test_a_policy_that_comes_back_brings_no_outdated_values(log: Log) -> None:
    """What was appended meanwhile may have changed any of them."""
    log.append([tile("a", 1), tile("b", 2)])
    current.table.replace([])
    log.append([tile("a", 3)])

    policy()
    assert await values(log) == []
    log.append([tile("b", 4)])

    assert await values(log) == [4]


async def test_a_policy_that_comes_back_finds_what_nothing_has_changed(log: Log) -> None:
    log.append([tile("a", 1), tile("b", 2)])
    current.table.replace([])

    policy()
    log.append([tile("b", 3)])

    assert await values(log) == [1, 3]


async def test_beyond_so_many_keys_the_oldest_goes(log: Log) -> None:
    for start in range(0, retention.MAX_VALUES + 500, 500):
        log.append([tile(f"k{n}", n) for n in range(start, start + 500)])

    assert await values(log) == [*range(500, retention.MAX_VALUES + 500)]


async def test_beyond_so_many_bytes_the_oldest_go(make_log: MakeLog) -> None:
    log = await new_log(make_log)
    for n in range(100):
        log.append([draft("tiles-1", "tile", f"{n:09}" + "x" * 60_000, value_key=f"k{n}")])

    found = (await log.latest(["tiles-1"])).events["tiles-1"]

    assert 3_500_000 < sum(len(event.body) for event in found) <= retention.MAX_VALUES_BYTES
    assert found[-1].data.startswith(f"{99:09}")


async def test_a_value_that_reached_the_age_of_the_policy_is_left_out(make_log: MakeLog) -> None:
    policy(max_age_s=1)
    log = await new_log(make_log)
    log.append([tile("a", 1)])

    async with asyncio.timeout(5):
        while await values(log):
            await asyncio.sleep(0.01)

    log.append([tile("b", 2)])
    assert await values(log) == [2]


async def test_a_value_outlives_the_age_of_the_settings(make_log: MakeLog) -> None:
    log = await new_log(make_log, ttl_s=0.3)
    start = log.head()
    log.append([tile("a", 1), tile("b", 2)])
    async with asyncio.timeout(5):
        while (await log.read({"tiles-1": start})).events:
            await asyncio.sleep(0.01)

    log.append([tile("b", 3)])

    assert await values(log) == [1, 3]
    assert (await log.read({"tiles-1": start})).gaps == {"tiles-1"}


def appended(log: Log, drafts: Sequence[Draft]) -> bool:
    try:
        return bool(log.append(drafts, CI))
    except LogFull:
        return False


async def test_values_count_in_the_share_of_their_owner(make_log: MakeLog) -> None:
    """Whatever the history keeps: a topic of many keys is not for nothing."""
    policy(max_events=1)
    log = await new_log(make_log, owner_share=100_000 / DEFAULT_MEMORY_BYTES)

    count = 0
    while appended(log, [draft("tiles-1", "tile", "x" * 5_000, value_key=f"k{count}", owner="ci")]):
        count += 1

    assert 15 <= count <= 19


async def test_a_value_that_is_replaced_is_given_back(make_log: MakeLog) -> None:
    policy(max_events=1)
    log = await new_log(make_log, owner_share=100_000 / DEFAULT_MEMORY_BYTES)

    for n in range(100):
        log.append([draft("tiles-1", "tile", "x" * 5_000, value_key=f"k{n % 3}", owner="ci")], CI)

    assert len(await values(log)) == 3


@pytest.fixture
async def redis_log(server: Redis) -> AsyncIterator[RedisLog]:
    log = RedisLog(server.url, 100, 60, "a")
    async with listening(log, RecordingReceiver()):
        yield log


async def test_redis_that_began_anew_has_no_values(server: Redis, redis_log: RedisLog) -> None:
    redis_log.append([tile("a", 1)])

    redis.Redis.from_url(server.url).flushall()

    assert await values(redis_log) == []
    redis_log.append([tile("b", 2)])
    assert await values(redis_log) == [2]


async def test_redis_that_was_killed_gives_what_it_kept(server: Redis, redis_log: RedisLog) -> None:
    redis_log.append([tile("a", 1), tile("b", 2), tile("a", 3)])
    redis.Redis.from_url(server.url).save()
    server.kill()
    server.start()
    server.wait_ready()

    await read_soon(redis_log, 0)

    assert await values(redis_log) == [2, 3]


async def test_while_redis_is_away_it_is_said(server: Redis, redis_log: RedisLog) -> None:
    server.stop()

    with pytest.raises(LogAway):
        await redis_log.latest(["tiles-1"])


async def test_what_another_program_wrote_there_is_no_value(server: Redis, redis_log: RedisLog) -> None:
    redis_log.append([tile("a", 1), tile("b", 2), tile("c", 3, "tiles-2")])
    client = redis.Redis.from_url(server.url)
    client.hset("hub:2:{s0}:v:tiles-1", "c", "no value")
    client.hset("hub:2:{s0}:v:tiles-1", "d", b"1764547200000000 9 tile 0 \xff\n")
    client.set("hub:2:{s0}:v:tiles-2", "of another type")

    assert await values(redis_log) == [1, 2]
    assert await values(redis_log, "tiles-2") == []


async def test_what_another_program_wrote_there_is_replaced(server: Redis, redis_log: RedisLog) -> None:
    redis_log.append([tile("a", 1), tile("b", 2)])
    client: Any = redis.Redis.from_url(server.url)
    head = client.hget("hub:2:{s0}:v:tiles-1", "").split()[0]
    client.hset("hub:2:{s0}:v:tiles-1", "a", "no value")
    client.hset("hub:2:{s0}:v:tiles-1", "", head + b" 999999999999")
    client.zadd("hub:2:{s0}:vo:tiles-1", {"nothing": 1})

    redis_log.append([tile("a", 3)])
    redis_log.append([tile("b", 4)])

    assert await values(redis_log) == [3, 4]
