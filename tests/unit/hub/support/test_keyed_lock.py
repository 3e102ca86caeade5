"""One at a time of each kind, and nothing is left of who had their turn."""

from __future__ import annotations

import asyncio

import pytest

from hub.support.keyed_lock import KeyedLock


async def test_of_one_kind_the_second_waits_for_the_first() -> None:
    locks, done = KeyedLock(), list[str]()

    async def second() -> None:
        async with locks.hold("ann"):
            done.append("second")

    async with locks.hold("ann"):
        waiting = asyncio.create_task(second())
        await asyncio.sleep(0)
        async with locks.hold("bob"):
            done.append("another")
        done.append("first")
    await waiting

    assert done == ["another", "first", "second"]


async def test_nothing_is_kept_of_a_turn_that_is_over() -> None:
    locks = KeyedLock()

    for name in ("ann", "bob"):
        with pytest.raises(OSError, match="away"):
            async with locks.hold(name):
                raise OSError("away")

    assert len(locks) == 0


async def test_who_leaves_while_waiting_holds_no_one_up() -> None:
    locks = KeyedLock()

    async def wait() -> None:
        async with locks.hold("ann"):
            pass

    async with locks.hold("ann"):
        impatient, patient = asyncio.create_task(wait()), asyncio.create_task(wait())
        await asyncio.sleep(0)
        impatient.cancel()
    await patient

    assert len(locks) == 0
