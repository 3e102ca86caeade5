"""Scenarios of a room that are none of feeds: lines among cursors."""

from __future__ import annotations

import random
import statistics
import time

from tests.benchmark.feeds import SETTLE_S, TOPIC, Figures, readers_of
from tests.benchmark.load import Load
from tests.benchmark.servers import ROOMS, Bench, Server

LISTENERS = 39  # and one who speaks
CURSORS, CURSOR_PER_S = 20, 20
PAUSE_S = (0.01, 0.03)  # between lines: not in step with anything that goes by the clock


def signals(bench: Bench, name: str, lines: int) -> Figures:
    """How long a line takes to the last member, without cursors and among them."""
    with ROOMS[name](bench) as server, readers_of(server, [TOPIC], LISTENERS) as load:
        load.open(LISTENERS)
        _lines_ms(server, load, 10)
        before_ms = _lines_ms(server, load, lines)
        load.point(CURSORS, CURSOR_PER_S)
        load.rest(SETTLE_S)
        began, told = time.monotonic(), load.bytes
        during_ms = _lines_ms(server, load, lines)
        told_kb_per_s = (load.bytes - told) / 1024 / (time.monotonic() - began)
        return {
            "p50_before_ms": statistics.median(before_ms),
            "p50_during_ms": statistics.median(during_ms),
            "p99_before_ms": _p99(before_ms),
            "p99_during_ms": _p99(during_ms),
            "member_kb_per_s": told_kb_per_s / LISTENERS,
        }


def _lines_ms(server: Server, load: Load, lines: int) -> list[float]:
    taken = []
    for _ in range(lines):
        began_ns = time.monotonic_ns()
        server.publish([TOPIC])
        taken.append((load.wait(LISTENERS).last_ns - began_ns) / 1e6)
        load.rest(random.uniform(*PAUSE_S))
    return taken


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]
