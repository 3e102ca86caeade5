"""What a dead, silent or forgetful Redis does to hearing. A real Redis is stopped, killed, frozen."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator

import pytest
import redis

from hub.events import Draft
from hub.log import LogAway
from hub.log.redis import RedisLog
from tests.cluster.redis import Redis
from tests.services.log.conftest import TICK, RecordingReceiver, listening


@pytest.fixture
async def log(server: Redis, receiver: RecordingReceiver) -> AsyncIterator[RedisLog]:
    log = RedisLog(server.url, 100, 60, "test")
    async with listening(log, receiver):
        yield log


async def test_a_killed_redis_is_reported_and_its_successor_is_received(
    server: Redis, log: RedisLog, receiver: RecordingReceiver
) -> None:
    await log.subscribe(["job-1"])
    server.kill()
    await receiver.until(lambda: receiver.times_disconnected == 1)
    with pytest.raises(LogAway):
        log.append([TICK])

    server.start()
    await receiver.until(lambda: receiver.times_restored == 2)

    await appended(log)
    await receiver.until(lambda: len(receiver.events) > 0)


async def test_a_conditional_append_is_refused_while_redis_is_away_and_done_after(
    server: Redis, log: RedisLog, receiver: RecordingReceiver
) -> None:
    message = Draft("room-a", "said", b"{}", "a:1:c1")
    server.kill()
    await receiver.until(lambda: receiver.times_disconnected == 1)
    with pytest.raises(LogAway):
        await log.append_if([message], after=0)

    server.start()
    await receiver.until(lambda: receiver.times_restored == 2)
    await appended(log)

    assert [appended.fresh for appended in await log.append_if([message], after=0)] == [True]


async def test_a_frozen_redis_refuses_many_placings_soon(server: Redis, log: RedisLog) -> None:
    server.signal(signal.SIGSTOP)

    async with asyncio.timeout(5):
        answers = await asyncio.gather(*(log.append_if([TICK]) for _ in range(100)), return_exceptions=True)

    server.signal(signal.SIGCONT)
    assert {type(answer) for answer in answers} == {LogAway}


async def test_a_frozen_redis_is_found_disconnected_though_its_connection_stands(
    server: Redis, log: RedisLog, receiver: RecordingReceiver
) -> None:
    server.signal(signal.SIGSTOP)
    await receiver.until(lambda: receiver.times_disconnected == 1, deadline_s=10)
    assert log.silence() > 2

    server.signal(signal.SIGCONT)
    await receiver.until(lambda: receiver.times_restored == 2)


async def test_a_cut_connection_is_reported_and_every_topic_is_received_again(
    server: Redis, log: RedisLog, receiver: RecordingReceiver
) -> None:
    topics = [f"job-{n}" for n in range(1200)]
    await log.subscribe(topics)

    redis.Redis.from_url(server.url).client_kill_filter(_type="pubsub")
    await receiver.until(lambda: receiver.times_restored == 2)
    log.append([Draft(topic, "tick", b"{}") for topic in topics])

    await receiver.until(lambda: len(receiver.events) == 1200)


async def test_a_topic_that_no_one_reads_any_more_is_kept_nowhere(
    log: RedisLog, receiver: RecordingReceiver
) -> None:
    gone = [f"gone-{n}" for n in range(200)]
    await log.subscribe([*gone, "job-1"])

    await log.unsubscribe(gone)
    log.append([TICK])
    await receiver.until(lambda: len(receiver.events) == 1)

    kept = [one for one in gc.get_objects() if issubclass(type(one), (dict, set))]
    assert not [one for one in kept if any(isinstance(key, str) and key.endswith("gone-7") for key in one)]


async def test_subscribing_while_disconnected_is_refused_and_made_good_later(
    server: Redis, log: RedisLog, receiver: RecordingReceiver
) -> None:
    server.kill()
    await receiver.until(lambda: receiver.times_disconnected == 1)
    with pytest.raises(LogAway):
        await log.subscribe(["job-1"])

    server.start()
    await receiver.until(lambda: receiver.times_restored == 2)
    await appended(log)

    await receiver.until(lambda: len(receiver.events) > 0)


async def test_a_flush_is_a_gap_and_no_old_position_is_handed_out(server: Redis, log: RedisLog) -> None:
    (position,) = log.append([TICK])
    redis.Redis.from_url(server.url).flushall()

    page = await log.read({"job-1": position - 1})
    (later,) = log.append([TICK])

    assert page.gaps == {"job-1"}
    assert later > position


async def appended(log: RedisLog) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                log.append([TICK])
                return
            except LogAway:
                await asyncio.sleep(0.05)
