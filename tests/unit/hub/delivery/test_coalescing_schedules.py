"""A reader of coalesced topics that is cut off again and again: random schedules.

Each schedule is a seed: who runs next at every await, after which event the reader is cut off, at which of
two instances it returns, when their connection to the log is lost, and when the policies change. Whatever it
decides, the reader ends with what a reader of every single event has, after dropping ids it has seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from hub.policies.current import table
from tests.unit.hub.delivery.cut_reader import POLICIES, TOPICS, WITH_VALUES, Reader, Schedule

SCHEDULES = 150


@pytest.fixture(autouse=True)
def policies() -> Iterator[None]:
    table.replace(POLICIES)
    yield
    table.replace(())


async def play(seed: int, *, change_policies: bool = False, values: bool = False) -> None:
    schedule = Schedule(seed, values=values)
    fanouts = schedule.receivers.fanouts
    loop = asyncio.get_running_loop()
    clock = loop.time()

    def time() -> float:
        nonlocal clock
        clock += 0.0005
        return clock

    real, loop.time = loop.time, time  # type: ignore[method-assign]
    tasks = [asyncio.create_task(schedule.log.listen(schedule.receivers))]
    tasks += [asyncio.create_task(fanout.run()) for fanout in fanouts]
    try:
        for fanout in fanouts:
            await fanout.until_live()
        readers = [
            Reader(schedule, tuple(schedule.chance.sample(TOPICS, schedule.chance.randint(1, 4))), after)
            for after in (schedule.log.head(), schedule.log.head(), None)
        ]
        await asyncio.gather(
            schedule.publish(),
            schedule.disturb(change_policies=change_policies),
            *(reader.run() for reader in readers),
        )
    finally:
        loop.time = real  # type: ignore[method-assign]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for reader in readers:
        assert reader.begin is not None
        assert reader.state == schedule.expected(reader.begin, reader.topics), f"seed {seed}"


async def test_no_schedule_leaves_a_reader_with_another_state() -> None:
    for seed in range(SCHEDULES):
        await play(seed)


async def test_no_schedule_does_when_policies_change() -> None:
    for seed in range(SCHEDULES):
        table.replace(POLICIES)
        await play(seed, change_policies=True)


async def test_no_schedule_does_when_the_last_values_come_first() -> None:
    table.replace(WITH_VALUES)
    for seed in range(SCHEDULES):
        await play(seed, values=True)
