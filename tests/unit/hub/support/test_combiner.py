"""Items of threads that come at the same time are done together, each with an outcome of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from hub.support.combiner import Combiner

DEADLINE_S = 10


class Gate:
    """Does items when it is let go; those that are 13 or more are wrong."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.begun = threading.Event()
        self.open = threading.Event()

    def __call__(self, items: Sequence[int]) -> list[Exception | None]:
        self.calls.append(list(items))
        self.begun.set()
        assert self.open.wait(DEADLINE_S)
        if 99 in items:
            raise OSError("all of it failed")
        return [ValueError(item) if item >= 13 else None for item in items]


def gathered(gate: Gate, first: int, others: Sequence[int]) -> list[Future[None]]:
    """The first item is being done while the others come, one after the other; then all are let go."""
    combiner = Combiner(gate)
    with ThreadPoolExecutor(1 + len(others)) as pool:
        runs = [pool.submit(combiner.run, first)]
        assert gate.begun.wait(DEADLINE_S)
        for number, item in enumerate(others, start=1):
            runs.append(pool.submit(combiner.run, item))
            until(lambda number=number: len(combiner._waiting) == number)
        gate.open.set()
    return runs


def until(condition: object) -> None:
    assert callable(condition)
    for _ in range(DEADLINE_S * 1000):
        if condition():
            return
        threading.Event().wait(0.001)
    raise AssertionError("it did not come about")


def test_those_that_come_meanwhile_are_done_together_in_their_order() -> None:
    gate = Gate()

    runs = gathered(gate, 1, [2, 3, 4])

    assert gate.calls == [[1], [2, 3, 4]]
    assert [run.exception() for run in runs] == [None] * 4


def test_one_that_is_wrong_fails_alone() -> None:
    runs = gathered(Gate(), 1, [13, 2, 4])

    assert [type(run.exception()) for run in runs] == [type(None), ValueError, type(None), type(None)]


def test_what_fails_all_of_them_is_raised_to_each_and_to_no_other() -> None:
    runs = gathered(Gate(), 1, [2, 99])

    assert [type(run.exception()) for run in runs] == [type(None), OSError, OSError]


def test_more_than_are_done_at_once_are_done_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.support.combiner.MAX_ITEMS", 2)
    gate = Gate()

    runs = gathered(gate, 1, [2, 3, 4])

    assert gate.calls == [[1], [2, 3], [4]]
    assert all(run.exception() is None for run in runs)


def test_race_many_threads_each_have_their_item_done_once() -> None:
    done: list[int] = []

    def act(items: Sequence[int]) -> list[Exception | None]:
        done.extend(items)
        return [None] * len(items)

    combiner = Combiner(act)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(combiner.run, range(5000)))

    assert sorted(done) == list(range(5000))


def test_it_works_again_after_a_failure() -> None:
    gate = Gate()
    gate.open.set()
    combiner = Combiner(gate)
    with pytest.raises(OSError, match="all of it"):
        combiner.run(99)

    combiner.run(1)

    assert gate.calls == [[99], [1]]
