"""Scenarios of feeds: opening them, holding them, delivering to them, losing them all at once."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.benchmark import usage
from tests.benchmark.load import Load
from tests.benchmark.servers import SERVERS, Bench, Hub, Server, Servers, Shown

Figures = dict[str, float]

WARM_UP = 100  # readers who come and go before anything is counted
SETTLE_S = 1.0
MISSED = 50
TOPIC = "bench-0"
HUBS = ("hub", "uvicorn")
TURNS = 3  # a block


def fanout(
    bench: Bench, name: str, readers: int, blocks: int, topics: int = 1, on: Servers = SERVERS
) -> Figures:
    """What it costs to let them in, to hold them, and to deliver to them."""
    names = [f"bench-{k}" for k in range(topics)]
    with on[name](bench) as server:
        with readers_of(server, names, WARM_UP, first=readers) as warm:
            warm.open(WARM_UP)
        time.sleep(SETTLE_S)
        empty_kb, empty_kernel_kb = usage.resident_kb(server.pids), usage.kernel_kb()
        with readers_of(server, names, readers) as load:
            began_s = usage.cpu_s(server.pids)
            opened = load.open(readers)
            connect_s = usage.cpu_s(server.pids) - began_s
            time.sleep(SETTLE_S)
            return {
                "readers": readers,
                "connect_cpu_ms": connect_s * 1000 / readers,
                "connects_per_s": readers / opened.seconds,
                "idle_kb": (usage.resident_kb(server.pids) - empty_kb) / readers,
                "idle_kernel_kb": (usage.kernel_kb() - empty_kernel_kb) / readers,
                **(beside_limit if name in HUBS else deliver)(server, load, names, readers, blocks),
            }


def beside_limit(server: Server, load: Load, topics: Sequence[str], readers: int, blocks: int) -> Figures:
    """Deliver by turns with what C can do: this machine's speed drifts by half within a minute."""
    turns = []
    with SERVERS["limit"](server.bench) as limit, readers_of(limit, topics, readers) as limit_load:
        limit_load.open(readers)
        for _ in range(TURNS * blocks):
            turns.append(
                (
                    deliver(server, load, topics, readers, 1),
                    deliver(limit, limit_load, topics, readers, 1)["deliveries_per_cpu_s"],
                )
            )
    mine = [figures["deliveries_per_cpu_s"] for figures, _ in turns]
    return {
        **{figure: statistics.median([figures[figure] for figures, _ in turns]) for figure in turns[0][0]},
        "deliveries_spread": (max(mine) - min(mine)) / statistics.median(mine),
        "of_limit": statistics.median(
            [figures["deliveries_per_cpu_s"] / theirs for figures, theirs in turns]
        ),
    }


def deliver(server: Server, load: Load, topics: Sequence[str], readers: int, blocks: int) -> Figures:
    """Event after event, each when all have the one before: nothing is joined on its way."""
    events = max(1, server.block_deliveries // readers)
    per_cpu_s, last_ms, load_s = [], [], 0.0
    server.publish(topics)
    once = load.wait(readers)
    for _ in range(blocks):
        began_s, began_load_s = usage.cpu_s(server.pids), once.cpu_s
        for _ in range(events):
            began_ns = time.monotonic_ns()
            server.publish(topics)
            once = load.wait(readers)
            last_ms.append((once.last_ns - began_ns) / 1e6)
        per_cpu_s.append(events * readers / (usage.cpu_s(server.pids) - began_s))
        load_s += once.cpu_s - began_load_s
    return {
        "deliveries_per_cpu_s": statistics.median(per_cpu_s),
        "deliveries_spread": (max(per_cpu_s) - min(per_cpu_s)) / statistics.median(per_cpu_s),
        "last_reader_ms": statistics.median(last_ms),
        "load_cpu_us_per_delivery": load_s * 1e6 / (blocks * events * readers),
    }


def connect(bench: Bench, name: str, readers: int, blocks: int) -> Figures:
    """What each way to show who one is costs; the own topics bring the unread count with them."""
    kinds: tuple[Shown, ...] = ("token", "own", "session")
    figures: Figures = {"readers": readers}
    with SERVERS[name](bench) as server:
        for kind in kinds:
            with readers_of(server, [TOPIC], WARM_UP, kind, first=readers) as warm:
                warm.open(WARM_UP)
            costs, rates, queries = [], [], []
            with readers_of(server, [TOPIC], readers, kind) as load:
                for _ in range(blocks):
                    time.sleep(SETTLE_S)
                    began_s, asked = usage.cpu_s(server.pids), bench.parts.queries()
                    opened = load.open(readers)
                    costs.append((usage.cpu_s(server.pids) - began_s) * 1000 / readers)
                    rates.append(readers / opened.seconds)
                    queries.append((bench.parts.queries() - asked) / readers)
                    load.close()
            figures |= {
                f"{kind}_cpu_ms": statistics.median(costs),
                f"{kind}_per_s": statistics.median(rates),
                f"{kind}_queries": statistics.median(queries),
            }
    return figures


def storm(bench: Bench, name: str, readers: int, blocks: int, shown: Shown = "own") -> Figures:
    """All are cut off, miss events, and are back at once, all handshakes in flight together."""
    from hub.log.current import shared_log

    with SERVERS[name](bench) as server, readers_of(server, [TOPIC], readers, shown) as load:
        load.open(readers)
        server.publish([TOPIC])
        load.wait(readers)
        time.sleep(SETTLE_S)
        after = shared_log().head()
        load.close()
        for _ in range(MISSED):
            server.publish([TOPIC])
        began_s, asked = usage.cpu_s(server.pids), bench.parts.queries()
        opened = load.open(readers, in_flight=readers, after=after)
        figures = {
            "readers": readers,
            "live_s": opened.seconds,
            "came_back": opened.refused,
            "cpu_ms_each": (usage.cpu_s(server.pids) - began_s) * 1000 / readers,
            "queries_each": (bench.parts.queries() - asked) / readers,
        }
        # Before they are live they have all they missed, and have it once.
        load.wait(MISSED * readers)
        return figures


def instances(bench: Bench, name: str, readers: int, blocks: int) -> Figures:
    """The same readers spread over more and more instances, all on the one core."""
    figures: Figures = {"readers": readers}
    for number in (1, 2, 4):
        cls = SERVERS[name]
        assert issubclass(cls, Hub)
        with cls(bench, number) as server:
            with readers_of(server, [TOPIC], WARM_UP, first=readers) as warm:
                warm.open(WARM_UP)
            with readers_of(server, [TOPIC], readers) as load:
                load.open(readers)
                time.sleep(SETTLE_S)
                delivered = deliver(server, load, [TOPIC], readers, blocks)
        figures[f"{number}_cpu_us_per_delivery"] = 1e6 / delivered["deliveries_per_cpu_s"]
    return figures


@contextmanager
def readers_of(
    server: Server, topics: Sequence[str], readers: int, shown: Shown = "token", first: int = 0
) -> Iterator[Load]:
    """A load that stands ready; nobody is left when it goes."""
    heads = server.heads(topics, readers, shown, first)
    program, folder = server.bench.programs.load, server.bench.folder
    with Load(program, folder, server.ports, heads, server.live_mark, server.event_mark) as load:
        yield load
