"""Rows above the head of the log: what they stand for is a gap, and no position is assigned below them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from hub.delivery import floor
from hub.delivery.fanout import Fanout
from hub.delivery.floor import Floor
from hub.events import Draft
from hub.log.memory import MemoryLog
from hub.log.replay import Replay
from tests.unit.hub.stub_application import StubApplication

HOUR = 3_600_000_000  # microseconds


class Rows(StubApplication):
    """An application whose rows have a highest position, if it can be read."""

    def __init__(self) -> None:
        self.highest = 0
        self.failures = 0
        self.reads = 0

    async def highest_position(self) -> int:
        self.reads += 1
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        return self.highest


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
async def log(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MemoryLog]:
    monkeypatch.setattr(floor, "RETRY_S", 0.01)
    log = MemoryLog(100, 3600)
    fanout = Fanout(log, Replay(log, rows))
    loops = [log.listen(fanout), fanout.run(), Floor(log, fanout, rows).run()]
    tasks = [asyncio.create_task(loop) for loop in loops]
    rows.highest = log.head() + HOUR
    rows.failures = 2
    yield log
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_older_log_begins_anew_above_the_rows(log: MemoryLog, rows: Rows) -> None:
    before = log.head()

    await until(lambda: log.head() == rows.highest)

    assert (await log.read({"job-1": before})).gaps == {"job-1"}
    assert log.append([Draft("job-1", "tick", b"{}")])[0] > rows.highest


async def test_it_is_asked_again_until_the_rows_can_be_read(log: MemoryLog, rows: Rows) -> None:
    await until(lambda: log.head() == rows.highest)

    assert rows.failures == 0


async def test_it_is_asked_again_when_the_log_is_received_again(rows: Rows) -> None:
    log = MemoryLog(100, 3600)
    fanout = Fanout(log, Replay(log, rows))
    running = asyncio.create_task(Floor(log, fanout, rows).run())
    await until(lambda: rows.reads == 1)
    rows.highest = log.head() + HOUR

    fanout.on_state.call(False, "the state of the log")
    fanout.on_state.call(True, "the state of the log")

    await until(lambda: log.head() == rows.highest)
    running.cancel()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)
