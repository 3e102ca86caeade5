"""A dashboard whose values change faster than anyone can read, with and without coalescing."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import httpx

from tests.benchmark import usage
from tests.benchmark.feeds import SETTLE_S, WARM_UP, Figures, readers_of
from tests.benchmark.servers import Bench, Hub
from tests.cluster.instance import Instance
from tests.cluster.ports import HOST

TOPIC = "bench-tiles"
TILES = 20
UPDATES_PER_S = 50  # of each tile
POLICY = {"pattern": TOPIC, "coalesce_ms": 100, "coalesce": "last"}
_WRITES = re.compile(r"^hub_writes_total\{[^}]*\} (\S+)$", re.MULTILINE)


class Dashboard(Hub):
    """Its load counts the last update of each tile."""

    event_mark = "event: last\n"

    def __init__(self, bench: Bench, *policies: dict[str, Any]) -> None:
        # A heartbeat is a write, too.
        self._env = {**bench.parts.env, "HUB_TOPICS": json.dumps(policies), "HUB_HEARTBEAT_S": "60"}
        super().__init__(bench)

    def _instance(self, name: str, port: int) -> Instance:
        return Instance(self.bench.folder, name, port, self._env)

    def update(self, type: str, round: int) -> None:
        """Each tile once."""
        from hub.events import draft
        from hub.log.current import shared_log

        shared_log().append(
            [draft(TOPIC, type, {"value": round}, value_key=f"tile-{tile}") for tile in range(TILES)]
        )

    def writes(self) -> float:
        """To all sockets, since the start."""
        text = httpx.get(f"http://{HOST}:{self.ports[0]}/metrics").raise_for_status().text
        return sum(float(value) for value in _WRITES.findall(text))


def tiles(bench: Bench, name: str, readers: int, seconds: float) -> Figures:
    """Every update is sent to every reader; and then ten times a second the last one of each tile."""
    every = _figures(Dashboard(bench), readers, seconds)
    coalesced = _figures(Dashboard(bench, POLICY), readers, seconds)
    return {
        "readers": readers,
        **{f"every_{figure}": value for figure, value in every.items()},
        **{f"coalesced_{figure}": value for figure, value in coalesced.items()},
    }


def _figures(server: Dashboard, readers: int, seconds: float) -> Figures:
    with server, readers_of(server, [TOPIC], readers) as load:
        with readers_of(server, [TOPIC], WARM_UP, first=readers) as warm:
            warm.open(WARM_UP)
        load.open(readers)
        time.sleep(SETTLE_S)
        load.rest(0)
        rounds = round(seconds * UPDATES_PER_S)
        writes, bytes_before, began_s = server.writes(), load.bytes, usage.cpu_s(server.pids)
        began = time.monotonic()
        for number in range(rounds):
            server.update("tick", number)
            time.sleep(max(0.0, began + (number + 1) / UPDATES_PER_S - time.monotonic()))
        server.update("last", rounds)
        # The last value of every tile, for every reader.
        load.wait(TILES * readers)
        took = time.monotonic() - began
        return {
            "updates_per_s": TILES * rounds / took,
            # Between the first and the last.
            "writes_per_s": ((server.writes() - writes) / readers - 1) / took,
            "kb_per_s": (load.bytes - bytes_before) / 1024 / took / readers,
            "cpu_percent": (usage.cpu_s(server.pids) - began_s) * 100 / took,
        }
