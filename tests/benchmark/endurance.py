"""Scenarios of wear: feeds that come and go by the hundred thousand, and readers that never read."""

from __future__ import annotations

import os
import socket
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack

from tests.benchmark import usage
from tests.benchmark.feeds import SETTLE_S, TOPIC, Figures, readers_of
from tests.benchmark.load import Load
from tests.benchmark.servers import SERVERS, Bench, Server, Servers
from tests.cluster.ports import HOST

ROUND = 5_000  # feeds that come and go together
HEALTHY, NEVER_READ = 200, 200
LOOKS = 300  # events whose way to the last reader is timed
FLOOD, FLOOD_BYTES = 5_000, 4_000


def churn(
    bench: Bench,
    name: str,
    readers: int,
    on: Servers = SERVERS,
    together: int = ROUND,
    rest_s: float = 3 * SETTLE_S,
) -> Figures:
    """What is left of so many feeds, or members, that came and went, a while after."""
    with on[name](bench) as server, readers_of(server, [TOPIC], together) as load:
        _come_and_go(load, 6 * together, together, rest_s)  # what is made once is made
        before_kb, before = usage.resident_kb(server.pids), _descriptors(server)
        _come_and_go(load, readers, together, rest_s)
        left_kb = usage.resident_kb(server.pids) - before_kb
        return {
            "connects": readers,
            "left_kb_per_1000": left_kb * 1000 / readers,
            "left_descriptors": _descriptors(server) - before,
        }


def slow(bench: Bench, name: str) -> Figures:
    """What 200 readers that never read cost the instance, and the 200 that do."""
    with SERVERS[name](bench) as server, readers_of(server, [TOPIC], HEALTHY) as load, ExitStack() as slow:
        load.open(HEALTHY)
        before_ms = _last_reader_ms(server, load, LOOKS)
        rested_kb = usage.resident_kb(server.pids)
        for head in server.heads([TOPIC], NEVER_READ):
            slow.enter_context(_open_and_never_read(server.ports[0], head))
        time.sleep(SETTLE_S)
        peak_kb = 0.0
        during_ms: list[float] = []
        for _ in range(FLOOD // 50):
            _flood(50)
            load.wait(50 * HEALTHY)
            peak_kb = max(peak_kb, usage.resident_kb(server.pids))
            during_ms += _last_reader_ms(server, load, LOOKS * 50 // FLOOD)
        slow.close()
        time.sleep(2 * SETTLE_S)
        return {
            "p99_before_ms": _p99(before_ms),
            "p99_during_ms": _p99(during_ms),
            "rested_mb": rested_kb / 1024,
            "peak_mb": peak_kb / 1024,
            "after_mb": usage.resident_kb(server.pids) / 1024,
        }


def _come_and_go(load: Load, readers: int, together: int, rest_s: float) -> None:
    for _ in range(readers // together):
        load.open(together)
        load.close()
    time.sleep(rest_s)


def _descriptors(server: Server) -> int:
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in server.pids)


def _last_reader_ms(server: Server, load: Load, events: int) -> list[float]:
    taken = []
    for _ in range(events):
        began_ns = time.monotonic_ns()
        server.publish([TOPIC])
        taken.append((load.wait(HEALTHY).last_ns - began_ns) / 1e6)
    return taken


def _flood(events: int) -> None:
    from hub.events import draft
    from hub.log.current import shared_log

    data = "x" * FLOOD_BYTES
    shared_log().append([draft(TOPIC, "tick", data) for _ in range(events)])


def _open_and_never_read(port: int, head: str) -> socket.socket:
    connection = socket.socket()
    # As little as the kernel allows, so that what is not read waits with the server.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.connect((HOST, port))
    connection.sendall(f"{head}\n\r\n".encode())
    return connection


def _p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]
