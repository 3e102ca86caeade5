"""The buckets of a person: what they hold, whose they are, and when they are forgotten."""

from __future__ import annotations

import time

import pytest

from hub.rooms.rate_limiter import (
    BURST_S,
    BYTES,
    FRAMES,
    MESSAGES,
    SIGNAL_BYTES,
    RateLimiters,
    Rates,
    TooFast,
)

RATES = Rates(messages_per_s=20, signals_per_s=40, bytes_per_s=100_000)


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_burst_may_come_at_once_and_then_so_many_a_second(clock: Clock) -> None:
    bucket = RateLimiters(RATES).enter("ann")

    burst = sum(bucket.acquire(MESSAGES) for _ in range(1000))
    clock.now += 1
    second = sum(bucket.acquire(MESSAGES) for _ in range(1000))

    assert (burst, second) == (20 * BURST_S, 20)


def test_what_is_refused_takes_nothing(clock: Clock) -> None:
    bucket = RateLimiters(RATES).enter("ann")

    assert not bucket.acquire(BYTES, 100_000 * BURST_S + 1)
    assert bucket.acquire(BYTES, 100_000 * BURST_S)
    assert bucket.remaining(BYTES) == 0


def test_who_is_closed_for_too_much_has_nothing_left(clock: Clock) -> None:
    bucket = RateLimiters(RATES).enter("ann")

    with pytest.raises(TooFast, match="At most 100000 bytes a second over all your connections"):
        bucket.consume(BYTES, 1_000_000)

    assert not bucket.acquire(BYTES)


def test_frames_have_room_for_every_message_and_signal_and_for_pings(clock: Clock) -> None:
    assert RateLimiters(RATES).enter("ann").remaining(FRAMES) == pytest.approx(200 * BURST_S)


def test_signals_may_take_half_of_the_bytes(clock: Clock) -> None:
    bucket = RateLimiters(RATES).enter("ann")

    assert bucket.acquire(SIGNAL_BYTES, 50_000 * BURST_S)
    assert not bucket.acquire(SIGNAL_BYTES)


def test_all_connections_of_a_person_share_one(clock: Clock) -> None:
    limiters = RateLimiters(RATES)
    first, second, other = limiters.enter("ann"), limiters.enter("ann"), limiters.enter("bob")

    while first.acquire(MESSAGES):
        pass

    assert not second.acquire(MESSAGES)
    assert other.acquire(MESSAGES)


def test_who_comes_back_finds_no_fuller_bucket(clock: Clock) -> None:
    limiters = RateLimiters(RATES)
    bucket = limiters.enter("ann")
    while bucket.acquire(MESSAGES):
        pass

    limiters.leave("ann")
    limiters.sweep()

    assert not limiters.enter("ann").acquire(MESSAGES)


def test_who_left_is_forgotten_once_their_buckets_are_full_again(clock: Clock) -> None:
    limiters = RateLimiters(RATES)
    limiters.enter("ann").acquire(MESSAGES)
    limiters.enter("bob").acquire(MESSAGES)
    limiters.leave("ann")
    clock.now += BURST_S

    limiters.sweep()

    assert len(limiters) == 1
