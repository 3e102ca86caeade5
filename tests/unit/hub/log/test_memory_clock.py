"""The log in memory by a clock that goes forward and back: what expired meanwhile is a gap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from hub.events import Draft
from hub.log.memory import MemoryLog
from tests.unit.hub.log.silent_receiver import SilentReceiver

TICK = Draft("job-1", "tick", b"{}")
LEAP_S = 7200.0


class Clock:
    """Unix time, moved by a test."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def log(clock: Clock) -> AsyncIterator[MemoryLog]:
    log = MemoryLog(100, 3600, clock)
    listening = asyncio.create_task(log.listen(SilentReceiver()))
    await asyncio.sleep(0)
    yield log
    listening.cancel()


async def test_what_expired_while_the_clock_was_ahead_is_a_gap(log: MemoryLog, clock: Clock) -> None:
    last, _ = log.append([TICK, TICK])
    clock.now += LEAP_S
    await log.read({})
    clock.now -= LEAP_S

    page = await log.read({"job-1": last})
    log.append([TICK])
    page_later = await log.read({"job-1": last})

    assert page.gaps == page_later.gaps == {"job-1"}


async def test_a_clock_that_goes_back_and_forward_loses_nothing(log: MemoryLog, clock: Clock) -> None:
    (first,) = log.append([TICK])
    clock.now -= LEAP_S
    second, third = log.append([TICK, TICK])
    clock.now += LEAP_S

    page = await log.read({"job-1": first})

    assert [event.position for event in page.events] == [second, third]
    assert not page.gaps


async def test_a_reader_at_the_head_misses_nothing_however_long_all_was_silent(
    log: MemoryLog, clock: Clock
) -> None:
    head = log.append([TICK])[0]
    clock.now += LEAP_S

    assert not (await log.read({"job-1": head, "never-used": head})).gaps
