"""Appends that no task waits for: they are those that tasks wait for, and call back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest
import redis

from hub.events import Draft
from hub.log import NO_TERMS, KeyReused, Log, LogAway, LogFull, LogRefused, Terms
from hub.log.redis import RedisLog
from hub.log.redis_connection import RedisConnection
from hub.log.script import STREAM
from tests.cluster.ports import HOST
from tests.cluster.redis import Redis
from tests.cluster.relay import Relay
from tests.services.log.conftest import TICK, RecordingReceiver, draft, listening

BIG = draft(body=b'{"x":"%b"}' % (b"x" * 60_000))


def soon(log: Log, drafts: Sequence[Draft], terms: Terms = NO_TERMS) -> asyncio.Future[Any]:
    """What it is called back with."""
    found: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    log.append_soon(drafts, terms, found.set_result)
    return found


async def test_they_keep_the_order_of_all_calls(log: Log) -> None:
    start = log.head()

    answers = await asyncio.gather(*(soon(log, [draft(body=b"%d" % n)]) for n in range(30)))

    events = (await log.read({"job-1": start})).events
    assert [event.body for event in events] == [b"%d" % n for n in range(30)]
    assert [[event.position] for event in events] == answers


async def test_those_of_one_turn_of_the_loop_share_a_round_trip(
    server: Redis, receiver: RecordingReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = RedisLog(server.url, 1000, 3600, "test")
    write = RedisConnection.write
    written: list[bytes] = []

    def recorded(connection: RedisConnection, packed: bytes) -> None:
        written.append(packed)
        write(connection, packed)

    async with listening(log, receiver):
        await soon(log, [TICK])
        monkeypatch.setattr(RedisConnection, "write", recorded)
        positions = await asyncio.gather(*(soon(log, [TICK]) for _ in range(20)))

    assert [packed.count(b"tick") for packed in written if b"tick" in packed] == [20]
    assert positions == sorted(positions)


async def test_what_is_refused_is_called_back_with(log: Log) -> None:
    once = Terms("7", "7:soon", "digest")

    answers = await asyncio.gather(
        soon(log, [TICK], once), soon(log, [TICK], once), soon(log, [TICK], Terms("7", "7:soon", "another"))
    )

    assert answers[0] == answers[1]
    assert isinstance(answers[2], KeyReused)


async def test_the_share_of_an_owner_is_of_the_memory_that_redis_has(
    server: Redis, receiver: RecordingReceiver
) -> None:
    redis.Redis.from_url(server.url).config_set("maxmemory", 8_000_000)
    log = RedisLog(server.url, 1000, 3600, "test", owner_share=0.01)
    async with listening(log, receiver):
        assert isinstance(await soon(log, [BIG, BIG], Terms("7")), LogFull)
        assert isinstance(await soon(log, [TICK], Terms("8")), list)


async def test_one_that_redis_refuses_or_whose_callback_fails_fails_no_other(
    server: Redis, receiver: RecordingReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    redis.Redis.from_url(server.url).set(f"{STREAM}poisoned", "not a stream")
    log = RedisLog(server.url, 1000, 3600, "test")

    def fail(_: object) -> None:
        raise RuntimeError("the caller's own")

    async with listening(log, receiver):
        refused = soon(log, [draft("poisoned")])
        log.append_soon([TICK], NO_TERMS, fail)
        last = soon(log, [TICK])

        assert isinstance(await refused, LogRefused)
        assert isinstance(await last, list)
    assert "the caller's own" in caplog.text


async def test_race_when_redis_goes_all_are_called_back_and_further_ones_at_once(
    redis_server: Redis, receiver: RecordingReceiver
) -> None:
    with Relay(redis_server.port) as relay:
        log = RedisLog(f"redis://{HOST}:{relay.port}/0", 100, 3600, "test")
        async with listening(log, receiver):
            await soon(log, [TICK])
            relay.hold()
            waiting = [soon(log, [TICK]) for _ in range(20)]

            async with asyncio.timeout(5):
                assert {type(await one) for one in waiting} == {LogAway}
            began = time.monotonic()
            further = soon(log, [TICK])

            assert further.done() or time.monotonic() - began > 0.4
            relay.let_go()
