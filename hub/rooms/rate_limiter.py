"""Rates at which a user may send into rooms, over all their connections to this process."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Self

from django.conf import settings

BURST_S = 3.0  # seconds' worth that may come at once
READ_BYTES = 256  # that a read of a socket counts as at least: it costs as much

JOINS_PER_S = 70.0  # on sockets that carry many rooms: all the rooms of one may come at once

# Indices of the buckets.
BYTES, FRAMES, MESSAGES, SIGNALS, SIGNAL_BYTES, JOINS = range(6)
_NAMES = ("bytes", "frames", "messages", "signals", "bytes of signals", "joins")


class TooFast(Exception):
    """A user sent more than their rates allow; the text is for the client."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Per second and user; bytes as they arrive on the socket."""

    messages_per_s: float
    signals_per_s: float
    bytes_per_s: float

    @classmethod
    def of_settings(cls) -> Self:
        """Those of rooms."""
        messages, signals = settings.HUB_ROOM_LINES_PER_S, settings.HUB_ROOM_SIGNALS_PER_S
        return cls(messages, signals, settings.HUB_ROOM_BYTES_PER_S)

    @property
    def all(self) -> tuple[float, ...]:
        """By bucket. Frames leave room for pings, and for signals that are dropped. Signals are copied to
        everyone, so they may take half of the bytes."""
        frames_per_s = 20 + 3 * (self.messages_per_s + self.signals_per_s)
        return (
            self.bytes_per_s,
            frames_per_s,
            self.messages_per_s,
            self.signals_per_s,
            self.bytes_per_s / 2,
            JOINS_PER_S,
        )


class RateLimiter:
    """The buckets of one user, each as the moment from which it is full again (a leaky bucket, GCRA)."""

    __slots__ = ("_full_at", "_rates", "connections")

    def __init__(self, rates: tuple[float, ...]) -> None:
        self._rates = rates
        self._full_at = [0.0] * len(rates)
        self.connections = 0

    def acquire(self, what: int, amount: float = 1) -> bool:
        """Take this amount from a bucket, or nothing if less is left."""
        now = time.monotonic()
        full_at = max(self._full_at[what], now) + amount / self._rates[what]
        if full_at - now > BURST_S:
            return False
        self._full_at[what] = full_at
        return True

    def consume(self, what: int, amount: float = 1) -> None:
        """Take this amount from a bucket; if less is left, empty it and raise `TooFast`."""
        if not self.acquire(what, amount):
            self._full_at[what] = time.monotonic() + BURST_S
            rate, name = self._rates[what], _NAMES[what]
            raise TooFast(f"At most {rate:.15g} {name} a second over all your connections: go slower.")

    def remaining(self, what: int) -> float:
        return (BURST_S - max(0.0, self._full_at[what] - time.monotonic())) * self._rates[what]

    @property
    def full(self) -> bool:
        return max(self._full_at) <= time.monotonic()


class RateLimiters:
    """By user's id. Reconnecting refills no bucket."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates.all
        self._limiters: dict[str, RateLimiter] = {}

    def __len__(self) -> int:
        return len(self._limiters)

    def enter(self, user: str) -> RateLimiter:
        limiter = self._limiters.get(user)
        if limiter is None:
            limiter = self._limiters[user] = RateLimiter(self._rates)
        limiter.connections += 1
        return limiter

    def leave(self, user: str) -> None:
        limiter = self._limiters[user]
        limiter.connections -= 1
        if not limiter.connections and limiter.full:
            del self._limiters[user]

    def sweep(self) -> None:
        """Drop users without connections whose buckets are full again."""
        gone = [user for user, limiter in self._limiters.items() if not limiter.connections and limiter.full]
        for user in gone:
            del self._limiters[user]

    async def run(self) -> None:
        while True:
            await asyncio.sleep(BURST_S)
            self.sweep()
