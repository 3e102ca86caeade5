"""What a person may send into rooms a second, over all their connections to this process."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

BURST_S = 3.0  # so many seconds' worth may come at once
READ_BYTES = 256  # a read counts as so many at least: it costs, however little it brings

# What is limited, each by a bucket of its own.
BYTES, FRAMES, LINES, SIGNALS, SIGNAL_BYTES = range(5)
_NAMES = ("bytes", "frames", "messages", "signals", "bytes of signals")


class TooFast(Exception):
    """More than a person may send; the text says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Of lines and signals so many a second, of bytes so many as they come over the wire."""

    lines_per_s: float
    signals_per_s: float
    bytes_per_s: float

    @property
    def all(self) -> tuple[float, ...]:
        """By bucket. Frames leave room for pings, and for signals that are dropped; signals are told to
        everybody, so they may take half of the bytes."""
        frames_per_s = 20 + 3 * (self.lines_per_s + self.signals_per_s)
        return self.bytes_per_s, frames_per_s, self.lines_per_s, self.signals_per_s, self.bytes_per_s / 2


class Limiter:
    """The buckets of one person, each as the moment from which it is full again (a leaky bucket, GCRA)."""

    __slots__ = ("_full_at", "_rates", "connections")

    def __init__(self, rates: tuple[float, ...]) -> None:
        self._rates = rates
        self._full_at = [0.0] * len(rates)
        self.connections = 0

    def take(self, what: int, amount: float = 1) -> bool:
        """Take it, or nothing where that is more than is left."""
        now = time.monotonic()
        full_at = max(self._full_at[what], now) + amount / self._rates[what]
        if full_at - now > BURST_S:
            return False
        self._full_at[what] = full_at
        return True

    def spend(self, what: int, amount: float = 1) -> None:
        """Take it; where that is more than is left, take all that is and raise `TooFast`."""
        if not self.take(what, amount):
            self._full_at[what] = time.monotonic() + BURST_S
            rate, name = self._rates[what], _NAMES[what]
            raise TooFast(f"At most {rate:.15g} {name} a second over all your connections: go slower.")

    def left(self, what: int) -> float:
        return (BURST_S - max(0.0, self._full_at[what] - time.monotonic())) * self._rates[what]

    @property
    def full(self) -> bool:
        return max(self._full_at) <= time.monotonic()


class Limiters:
    """By person's id. Whoever leaves finds no fuller bucket when they come back."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates.all
        self._limiters: dict[str, Limiter] = {}

    def __len__(self) -> int:
        return len(self._limiters)

    def enter(self, person: str) -> Limiter:
        limiter = self._limiters.get(person)
        if limiter is None:
            limiter = self._limiters[person] = Limiter(self._rates)
        limiter.connections += 1
        return limiter

    def leave(self, person: str) -> None:
        limiter = self._limiters[person]
        limiter.connections -= 1
        if not limiter.connections and limiter.full:
            del self._limiters[person]

    def sweep(self) -> None:
        """Forget those who left and whose buckets are full again."""
        gone = [one for one, of in self._limiters.items() if not of.connections and of.full]
        for person in gone:
            del self._limiters[person]

    async def run(self) -> None:
        while True:
            await asyncio.sleep(BURST_S)
            self.sweep()
