"""Items added within a moment are acted on together; one that fails stops neither the others nor the loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from hub.support.debounce import MAX_ISOLATED_FAILURES, Debounce

GATHER_S, RETRY_S = 1.0, 10.0


class FakeClock(asyncio.SelectorEventLoop):
    """A loop whose time passes only in `pass_time`."""

    now = 0.0

    def time(self) -> float:
        return self.now


async def pass_time(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, FakeClock)
    await _settle()
    loop.now += seconds
    await _settle()


async def _settle() -> None:
    for _ in range(50):  # turns of the loop, more than any test needs
        await asyncio.sleep(0)


def on_fake_clock(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def run() -> None:
        with asyncio.Runner(loop_factory=FakeClock) as runner:
            runner.run(test())  # type: ignore[arg-type]

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


class Desk:
    """Records the batches and the failures; raises for items that are ``bad``."""

    def __init__(self, **options: Any) -> None:
        self.batches: list[list[str]] = []
        self.failures: list[str] = []
        self.bad: set[str] = set()
        self.debounce = Debounce(
            self.act, self.on_failure, **{"gather_s": GATHER_S, "retry_s": RETRY_S, **options}
        )

    async def act(self, items: Sequence[str]) -> None:
        self.batches.append(sorted(items))
        if self.bad.intersection(items):
            raise ValueError(f"bad: {items}")

    def on_failure(self, item: str, error: Exception) -> None:
        self.failures.append(item)


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[Desk]:
    desk = Desk(**options)
    loop = asyncio.create_task(desk.debounce.run())
    await pass_time(0)
    yield desk
    assert not loop.done()
    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop


@on_fake_clock
async def test_a_burst_is_one_batch_with_each_item_once() -> None:
    async with running() as desk:
        desk.debounce.add("ab")
        await pass_time(GATHER_S / 2)
        desk.debounce.add("bc")
        assert desk.batches == []
        await pass_time(GATHER_S / 2)

        assert desk.batches == [["a", "b", "c"]]


@on_fake_clock
async def test_nothing_is_done_while_nothing_is_added() -> None:
    async with running() as desk:
        desk.debounce.add([])
        await pass_time(100)

        assert desk.batches == []


@on_fake_clock
async def test_what_is_added_during_a_turn_waits_for_the_next() -> None:
    async with running() as desk:
        desk.debounce.add("a")
        await pass_time(GATHER_S)
        desk.debounce.add("a")
        await pass_time(GATHER_S)

        assert desk.batches == [["a"], ["a"]]


@on_fake_clock
async def test_a_batch_has_no_more_items_than_it_may() -> None:
    async with running(batch_size=2) as desk:
        desk.debounce.add("abcde")
        await pass_time(GATHER_S)

        assert [len(batch) for batch in desk.batches] == [2, 2, 1]
        assert sorted(sum(desk.batches, [])) == list("abcde")


@on_fake_clock
async def test_an_item_that_fails_is_found_and_the_others_are_acted_on() -> None:
    async with running() as desk:
        desk.bad = {"b"}
        desk.debounce.add("abc")
        await pass_time(GATHER_S)

        assert sorted(desk.batches[1:]) == [["a"], ["b"], ["c"]]
        assert desk.failures == ["b"]


@on_fake_clock
async def test_an_item_that_failed_is_tried_again_later_and_delays_no_other() -> None:
    async with running() as desk:
        desk.bad = {"b"}
        desk.debounce.add("b")
        await pass_time(GATHER_S)
        desk.debounce.add("a")
        await pass_time(GATHER_S)
        assert desk.batches == [["b"], ["a"]]

        desk.bad.clear()
        await pass_time(RETRY_S * 1.5)
        await pass_time(GATHER_S)

        assert desk.batches[2:] == [["b"]]
        assert len(desk.debounce) == 0


@on_fake_clock
async def test_where_everything_fails_few_are_tried_alone_and_all_are_later() -> None:
    async with running() as desk:
        desk.bad = set("abcdefgh")
        desk.debounce.add("abcdefgh")
        await pass_time(GATHER_S)
        assert len(desk.failures) == len(desk.batches) - 1 == MAX_ISOLATED_FAILURES
        assert len(desk.debounce) == 8

        desk.bad.clear()
        await pass_time(RETRY_S * 1.5)
        await pass_time(GATHER_S)

        assert sorted(desk.batches[-1]) == list("abcdefgh")


@on_fake_clock
async def test_a_flush_acts_at_once_and_raises_for_what_still_fails() -> None:
    async with running() as desk:
        desk.bad = {"a"}
        desk.debounce.add("ab")
        with pytest.raises(ValueError, match="bad"):
            await desk.debounce.flush()

        desk.bad.clear()
        await desk.debounce.flush()

        assert desk.batches[-1] == ["a"]
        assert len(desk.debounce) == 0


@on_fake_clock
async def test_what_a_cancelled_flush_left_is_acted_on_by_the_loop() -> None:
    async with running(batch_size=1) as desk:
        act, desk.debounce._act = desk.debounce._act, _forever
        desk.debounce.add("ab")
        flush = asyncio.create_task(desk.debounce.flush())
        await pass_time(0)
        flush.cancel()
        await pass_time(0)
        desk.debounce._act = act
        await pass_time(GATHER_S)

        assert sorted(desk.batches) == [["a"], ["b"]]


async def _forever(items: Sequence[str]) -> None:
    await asyncio.Event().wait()
