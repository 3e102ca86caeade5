"""Scenarios through nginx: what it adds to an event, and very many feeds that it holds for a while."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmark import usage
from tests.benchmark.feeds import SETTLE_S, TOPIC
from tests.benchmark.load import Load
from tests.benchmark.servers import Bench, Hub
from tests.cluster.nginx import Nginx
from tests.cluster.ports import Ports

INSTANCES = 3
HEARTBEAT = ": heartbeat\n"
HEARTBEAT_S = 20.0  # as HUB_HEARTBEAT_S is unless it is set
TURNS = 15
EVENTS = 20  # a turn


def latency(bench: Bench, name: str) -> dict[str, float]:
    """An event to one feed at the instance's own port and to one through nginx, by turns."""
    with _site(bench, 1) as (server, nginx):
        head = server.heads([TOPIC], 1)
        figures: dict[str, list[float]] = {
            "direct_ms": [],
            "nginx_ms": [],
            "direct_open_ms": [],
            "open_ms": [],
        }
        doors = {"direct": server.ports, "nginx": [nginx.http]}
        for turn in range(TURNS):
            for door in sorted(doors, reverse=bool(turn % 2)):
                load = Load(
                    bench.programs.load, bench.folder, doors[door], head, server.live_mark, server.event_mark
                )
                with load:
                    opened = load.open(1)
                    figures["open_ms" if door == "nginx" else "direct_open_ms"].append(opened.seconds * 1000)
                    for _ in range(EVENTS):
                        began_ns = time.monotonic_ns()
                        server.publish([TOPIC])
                        figures[f"{door}_ms"].append((load.wait(1).last_ns - began_ns) / 1e6)
        return {figure: statistics.median(values) for figure, values in figures.items()}


def hold(bench: Bench, name: str, readers: int, seconds: float) -> dict[str, float]:
    """So many feeds through one nginx to three instances: every heartbeat, none lost, and their memory."""
    with _site(bench, INSTANCES) as (server, nginx):
        pids = [nginx.pid, *nginx.workers]
        before = usage.resident_kb(server.pids), usage.resident_kb(pids), usage.kernel_kb()
        heads = server.heads([TOPIC], readers)
        with Load(
            bench.programs.load, bench.folder, [nginx.http], heads, server.live_mark, HEARTBEAT
        ) as load:
            opened = load.open(readers)
            time.sleep(SETTLE_S)
            after = usage.resident_kb(server.pids), usage.resident_kb(pids), usage.kernel_kb()
            began_s = usage.cpu_s([*server.pids, *pids])
            beats = int(seconds // HEARTBEAT_S)
            began = time.monotonic()
            load.at_least(beats * readers, seconds + 2 * HEARTBEAT_S)
            held_s = time.monotonic() - began
            spent_s = usage.cpu_s([*server.pids, *pids]) - began_s
        return {
            "readers": readers,
            "opened_per_s": readers / opened.seconds,
            "held_s": held_s,
            "heartbeats_each": beats,
            "hub_kb": (after[0] - before[0]) / readers,
            "nginx_kb": (after[1] - before[1]) / readers,
            "kernel_kb": (after[2] - before[2]) / readers,
            "cpu_percent": spent_s * 100 / held_s,
        }


@contextmanager
def _site(bench: Bench, instances: int) -> Iterator[tuple[Hub, Nginx]]:
    ports = Ports.free(0)
    with Hub(bench, instances) as server:
        nginx = Nginx(bench.folder, http=ports.http, https=ports.https, instances=server.ports)
        nginx.start()
        try:
            nginx.wait_ready()
            yield server, nginx
        finally:
            nginx.stop()
