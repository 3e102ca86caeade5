"""Appends that wait at the same time: one round trip, an answer each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis

from hub.log import KeyReused, Log, LogAway, LogFull, LogRefused, Terms
from hub.log.redis import RedisLog
from hub.log.script import STREAM
from tests.cluster.ports import HOST
from tests.cluster.redis import Redis
from tests.cluster.relay import Relay
from tests.services.log.conftest import TICK, MakeLog, RecordingReceiver, draft, listening, new_log

MANY = 200
BOUND_S = 5.0


@pytest.fixture
async def own_log(server: Redis, receiver: RecordingReceiver) -> AsyncIterator[RedisLog]:
    log = RedisLog(server.url, 1000, 3600, "test")
    async with listening(log, receiver):
        yield log


async def test_they_are_appended_in_the_order_of_their_calls(log: Log) -> None:
    start = log.head()

    answers = await asyncio.gather(
        *(log.append_grouped([draft(body=b"%d" % n), draft("b")]) for n in range(MANY // 10))
    )

    page = await log.read({"job-1": start})
    assert [event.body for event in page.events] == [b"%d" % n for n in range(MANY // 10)]
    assert [event.position for event in page.events] == [first for first, _ in answers]
    assert [position for answer in answers for position in answer] == sorted(sum(answers, []))


async def test_one_that_is_refused_fails_none_of_the_others(own_log: RedisLog, server: Redis) -> None:
    redis.Redis.from_url(server.url).set(f"{STREAM}poisoned", "not a stream")

    answers: Any = await asyncio.gather(
        own_log.append_grouped([TICK]),
        own_log.append_grouped([draft("poisoned")]),
        own_log.append_grouped([TICK]),
        return_exceptions=True,
    )

    assert isinstance(answers[1], LogRefused)
    assert answers[0] < answers[2]
    assert await own_log.append_grouped([TICK]) > answers[2]


async def test_race_two_with_one_key_in_one_group_are_done_once(log: Log) -> None:
    start = log.head()
    once = Terms("7", "7:key", "digest")

    answers: Any = await asyncio.gather(
        log.append_grouped([TICK], once),
        log.append_grouped([TICK], once),
        log.append_grouped([TICK], Terms("7", "7:key", "another")),
        return_exceptions=True,
    )

    assert answers[0] == answers[1]
    assert isinstance(answers[2], KeyReused)
    assert len((await log.read({"job-1": start})).events) == 1


async def test_a_full_share_fails_only_its_owner(make_log: MakeLog) -> None:
    log = await new_log(make_log, max_events=100_000, owner_share=0.0001)
    owned = draft(body=b"x" * 30_000)._replace(owner="7")

    answers: Any = await asyncio.gather(
        *(log.append_grouped([owned], Terms("7")) for _ in range(5)),
        log.append_grouped([TICK], Terms("8")),
        return_exceptions=True,
    )

    assert any(isinstance(answer, LogFull) for answer in answers[:5])
    assert isinstance(answers[5], list)


async def test_race_scripts_that_were_forgotten_meanwhile_are_loaded_again(
    own_log: RedisLog, server: Redis
) -> None:
    await own_log.append_grouped([TICK])
    redis.Redis.from_url(server.url).script_flush()

    answers = await asyncio.gather(*(own_log.append_grouped([TICK]) for _ in range(10)))

    assert len({position for answer in answers for position in answer}) == 10


async def test_race_a_connection_that_redis_closed_meanwhile_is_replaced(
    own_log: RedisLog, server: Redis
) -> None:
    client: Any = redis.Redis.from_url(server.url)
    await own_log.append_grouped([TICK])
    client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    async with asyncio.timeout(5):
        while own_log._group._connection is not None:
            await asyncio.sleep(0.01)

    assert await own_log.append_grouped([TICK])


async def test_race_when_redis_goes_all_that_wait_are_refused_in_bounded_time(
    redis_server: Redis, receiver: RecordingReceiver
) -> None:
    with Relay(redis_server.port) as relay:
        log = RedisLog(f"redis://{HOST}:{relay.port}/0", 100, 3600, "test")
        async with listening(log, receiver):
            await log.append_grouped([TICK])
            relay.hold()
            began = time.monotonic()

            first = asyncio.create_task(_outcome(log))
            await asyncio.sleep(0)
            others = [asyncio.create_task(_outcome(log)) for _ in range(MANY)]
            outcomes = [await first, *await asyncio.gather(*others)]

            assert {type(outcome) for outcome in outcomes} == {LogAway}
            assert time.monotonic() - began < BOUND_S
            relay.let_go()
            async with asyncio.timeout(15):
                while isinstance(await _outcome(log), LogAway):
                    await asyncio.sleep(0.05)


async def test_race_one_whose_caller_has_gone_before_the_group_is_sent_fails_no_other(
    own_log: RedisLog,
) -> None:
    start = own_log.head()
    waiting = [asyncio.create_task(own_log.append_grouped([TICK])) for _ in range(3)]
    await asyncio.sleep(0)

    waiting[1].cancel()
    await asyncio.gather(waiting[0], waiting[2])

    async with asyncio.timeout(5):
        assert len((await own_log.read({"job-1": start})).events) in (2, 3)
    assert waiting[1].cancelled()


async def test_what_waits_when_the_log_closes_is_refused(server: Redis, receiver: RecordingReceiver) -> None:
    log = RedisLog(server.url, 100, 3600, "test")
    async with listening(log, receiver):
        waiting = [asyncio.create_task(log.append_grouped([TICK])) for _ in range(3)]
        await asyncio.sleep(0)

    assert {type(one) for one in await asyncio.gather(*waiting, return_exceptions=True)} <= {LogAway, list}


async def test_more_than_may_wait_is_refused_at_once(
    own_log: RedisLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.log.group_commit.MAX_QUEUED_BYTES", 3000)

    outcomes = await asyncio.gather(*(_outcome(own_log) for _ in range(20)))

    kinds = {type(outcome) for outcome in outcomes}
    assert kinds == {LogAway, list}


async def _outcome(log: RedisLog) -> object:
    try:
        return await log.append_grouped([TICK])
    except LogAway as error:
        return error
