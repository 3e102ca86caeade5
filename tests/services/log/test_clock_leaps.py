"""A clock of Redis that goes forward and back, or back and forward, hides nothing: with a real Redis whose
clock is moved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.log.redis import RedisLog
from hub.log.script import STATE
from tests.cluster.moved_redis import MovedRedis
from tests.cluster.ports import Ports
from tests.services.log.conftest import RecordingReceiver, append_soon, listening, read_soon, started

TTL_S = 3600
LEAP_S = 2 * 3600
CLOCK = STATE[2]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MovedRedis]:
    with started(MovedRedis(tmp_path, Ports.free(0).redis)) as server:
        yield server


async def probed(server: MovedRedis) -> None:
    """Return once an instance has probed by the clock that the server has now."""
    async with asyncio.timeout(15):
        while abs(int(server.client.get(CLOCK) or 0) // 1_000_000 - server.client.time()[0]) > 60:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("noticed", ["by a probe", "by nothing"])
@pytest.mark.parametrize("again", ["read first", "appended first"])
@pytest.mark.parametrize("instance", ["the same", "new"])
async def test_what_expired_while_the_clock_was_ahead_is_a_gap(
    server: MovedRedis, make_instance: Callable[[str], RedisLog], noticed: str, again: str, instance: str
) -> None:
    log = make_instance("first")
    last = await append_soon(log)
    gone = await append_soon(log)
    await probed(server)

    server.move(LEAP_S)
    server.expire()
    if noticed == "by a probe":
        await probed(server)
    server.move(0)
    if instance == "new":
        log = make_instance("second")
    if again == "appended first":
        assert await append_soon(log) > gone

    assert (await read_soon(log, last)).gaps == {"job-1"}


async def test_after_the_gap_nothing_is_one_any_more(
    server: MovedRedis, make_instance: Callable[[str], RedisLog]
) -> None:
    log = make_instance("first")
    await append_soon(log)
    server.move(LEAP_S)
    await probed(server)
    server.expire()
    server.move(0)
    await probed(server)

    first = await append_soon(log)
    second = await append_soon(log)

    page = await log.read({"job-1": first, "never-used": first})
    assert [event.position for event in page.events] == [second]
    assert not page.gaps


@pytest.mark.parametrize("instance", ["the same", "new"])
async def test_a_clock_that_goes_back_and_forward_loses_nothing(
    server: MovedRedis, make_instance: Callable[[str], RedisLog], instance: str
) -> None:
    log = make_instance("first")
    first = await append_soon(log)
    server.move(-LEAP_S)
    await probed(server)
    second = await append_soon(log)
    server.move(0)
    await probed(server)
    third = await append_soon(log)

    page = await read_soon(make_instance("second") if instance == "new" else log, first)

    assert first < second < third
    assert [event.position for event in page.events] == [second, third]
    assert not page.gaps


async def test_a_subscriber_receives_what_is_appended_while_the_clock_is_moved(
    server: MovedRedis, receiver: RecordingReceiver
) -> None:
    log = RedisLog(server.url, 100, TTL_S, "first")
    async with listening(log, receiver):
        await log.subscribe(["job-1"])
        positions = []
        for seconds in (0, LEAP_S, 0, -LEAP_S, 0):
            server.move(seconds)
            positions.append(await append_soon(log))

        await receiver.until(lambda: len(receiver.events) == len(positions))

        assert [event.position for event in receiver.events] == sorted(positions)
