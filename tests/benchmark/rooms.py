"""Scenarios of a room that are none of feeds: lines among cursors, and sound."""

from __future__ import annotations

import random
import statistics
import time

from tests.benchmark.feeds import SETTLE_S, TOPIC, Figures, readers_of
from tests.benchmark.load import Load
from tests.benchmark.servers import ROOMS, Bench, HubBinaryRoom, Server
from tests.benchmark.usage import cpu_s

LISTENERS = 39  # and one who speaks
CURSORS, CURSOR_PER_S = 20, 20
SOUND_LISTENERS, BURST = 20, 50  # over two instances; frames at a time
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


def sound(bench: Bench, name: str, frames: int) -> Figures:
    """How long 20 ms of sound take to the last listener, and what a frame costs that comes among others."""
    with HubBinaryRoom(bench) as server, readers_of(server, [TOPIC], SOUND_LISTENERS) as load:
        load.open(SOUND_LISTENERS)
        _lines_ms(server, load, 10, SOUND_LISTENERS)
        taken_ms = _lines_ms(server, load, frames, SOUND_LISTENERS)
        began_s = cpu_s(server.pids)
        for _ in range(frames // BURST):
            for _ in range(BURST):
                server.publish([TOPIC])
            load.wait(BURST * SOUND_LISTENERS)
            load.rest(SETTLE_S / 10)  # until they are granted again
        given = frames // BURST * BURST * SOUND_LISTENERS
        return {
            "p50_ms": statistics.median(taken_ms),
            "p99_ms": _p99(taken_ms),
            "k_frames_per_cpu_s": given / 1000 / (cpu_s(server.pids) - began_s),
        }


def _lines_ms(server: Server, load: Load, lines: int, listeners: int = LISTENERS) -> list[float]:
    taken = []
    for _ in range(lines):
        began_ns = time.monotonic_ns()
        server.publish([TOPIC])
        taken.append((load.wait(listeners).last_ns - began_ns) / 1e6)
        load.rest(random.uniform(*PAUSE_S))
    return taken


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]
