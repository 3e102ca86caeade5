"""Waits between the attempts of a loop: they grow to a bound, and begin anew after a long success."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from hub.support import backoff


class Clock:
    """Time that passes when somebody sleeps, and as long as each attempt is meant to last."""

    def __init__(self, lasting_s: list[float]) -> None:
        self.now = 0.0
        self.limits: list[float] = []  # of the waits, which are chosen as long as may be
        self.lasting_s = lasting_s
        self.errors: list[Exception] = []

    async def attempt(self) -> None:
        if not self.lasting_s:
            raise asyncio.CancelledError
        self.now += (lasted := self.lasting_s.pop(0))
        if lasted:
            raise ConnectionError(lasted)

    async def sleep(self, seconds: float) -> None:
        self.limits.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Clock]:
    clock = Clock(request.param)
    with monkeypatch.context() as patch:
        patch.setattr(backoff, "time", SimpleNamespace(monotonic=lambda: clock.now))
        patch.setattr(backoff, "asyncio", SimpleNamespace(sleep=clock.sleep))
        patch.setattr(backoff, "random", SimpleNamespace(uniform=lambda least, most: most))
        yield clock


@pytest.mark.parametrize("clock", [[0.1] * 9], indirect=True)
async def test_waits_double_up_to_their_bound(clock: Clock) -> None:
    with pytest.raises(asyncio.CancelledError):
        await backoff.retry_forever(clock.attempt, clock.errors.append)

    assert clock.limits == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize("clock", [[0.1, 0.1, 0.1, 11.0, 0.1]], indirect=True)
async def test_after_an_attempt_that_lasted_the_first_wait_is_short_again(clock: Clock) -> None:
    with pytest.raises(asyncio.CancelledError):
        await backoff.retry_forever(clock.attempt, clock.errors.append)

    assert clock.limits == [0.1, 0.2, 0.4, 0.05, 0.1]


@pytest.mark.parametrize("clock", [[0.1, 0.0, 0.2]], indirect=True)
async def test_what_an_attempt_raises_is_reported_and_one_that_returns_is_not(clock: Clock) -> None:
    with pytest.raises(asyncio.CancelledError):
        await backoff.retry_forever(clock.attempt, clock.errors.append)

    assert [str(error) for error in clock.errors] == ["0.1", "0.2"]
    assert len(clock.limits) == 3
