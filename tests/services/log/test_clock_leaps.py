"""A clock of Redis that goes forward and back, or back and forward, hides nothing: with a real Redis whose
clock is moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from hub.events import Draft
from hub.log import LogAway, Page
from hub.log.redis import RedisLog
from hub.log.script import STATE
from tests.cluster.moved_redis import MovedRedis
from tests.cluster.ports import Ports
from tests.services.log.conftest import RecordingReceiver

TICK = Draft("job-1", "tick", b"{}")
TTL_S = 3600
LEAP_S = 2 * 3600
CLOCK = STATE[2]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MovedRedis]:
    server = MovedRedis(tmp_path, Ports.free(0).redis)
    server.start()
    server.wait_ready()
    yield server
    server.stop()


@pytest.fixture
async def make(server: MovedRedis) -> AsyncIterator[Callable[[str], RedisLog]]:
    """Make the log of an instance that is subscribed."""
    listening: list[asyncio.Task[None]] = []

    def make(name: str) -> RedisLog:
        log = RedisLog(server.url, 100, TTL_S, name)
        listening.append(asyncio.create_task(log.listen(RecordingReceiver())))
        return log

    yield make
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)


async def probed(server: MovedRedis) -> None:
    """Return once an instance has probed by the clock that the server has now."""
    async with asyncio.timeout(15):
        while abs(int(server.client.get(CLOCK) or 0) // 1_000_000 - server.client.time()[0]) > 60:
            await asyncio.sleep(0.05)


async def appended(log: RedisLog) -> int:
    """Where an event stands that is appended as soon as it can be."""
    async with asyncio.timeout(15):
        while True:
            try:
                return log.append([TICK])[0]
            except LogAway:
                await asyncio.sleep(0.05)


async def read(log: RedisLog, after: int) -> Page:
    async with asyncio.timeout(15):
        while True:
            try:
                return await log.read({"job-1": after})
            except LogAway:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("noticed", ["by a probe", "by nothing"])
@pytest.mark.parametrize("again", ["read first", "appended first"])
@pytest.mark.parametrize("instance", ["the same", "new"])
async def test_what_expired_while_the_clock_was_ahead_is_a_gap(
    server: MovedRedis, make: Callable[[str], RedisLog], noticed: str, again: str, instance: str
) -> None:
    log = make("first")
    last = await appended(log)
    gone = await appended(log)
    await probed(server)

    server.move(LEAP_S)
    server.expire()
    if noticed == "by a probe":
        await probed(server)
    server.move(0)
    if instance == "new":
        log = make("second")
    if again == "appended first":
        assert await appended(log) > gone

    assert (await read(log, last)).gaps == {"job-1"}


async def test_after_the_gap_nothing_is_one_any_more(
    server: MovedRedis, make: Callable[[str], RedisLog]
) -> None:
    log = make("first")
    await appended(log)
    server.move(LEAP_S)
    await probed(server)
    server.expire()
    server.move(0)
    await probed(server)

    first = await appended(log)
    second = await appended(log)

    page = await log.read({"job-1": first, "never-used": first})
    assert [event.position for event in page.events] == [second]
    assert not page.gaps


@pytest.mark.parametrize("instance", ["the same", "new"])
async def test_a_clock_that_goes_back_and_forward_loses_nothing(
    server: MovedRedis, make: Callable[[str], RedisLog], instance: str
) -> None:
    log = make("first")
    first = await appended(log)
    server.move(-LEAP_S)
    await probed(server)
    second = await appended(log)
    server.move(0)
    await probed(server)
    third = await appended(log)

    page = await read(make("second") if instance == "new" else log, first)

    assert first < second < third
    assert [event.position for event in page.events] == [second, third]
    assert not page.gaps


async def test_a_subscriber_receives_what_is_appended_while_the_clock_is_moved(
    server: MovedRedis, receiver: RecordingReceiver
) -> None:
    log = RedisLog(server.url, 100, TTL_S, "first")
    listening = asyncio.create_task(log.listen(receiver))
    await receiver.until(lambda: receiver.times_restored == 1)
    await log.subscribe(["job-1"])
    positions = []
    for seconds in (0, LEAP_S, 0, -LEAP_S, 0):
        server.move(seconds)
        positions.append(await appended(log))

    await receiver.until(lambda: len(receiver.events) == len(positions))

    assert [event.position for event in receiver.events] == sorted(positions)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
