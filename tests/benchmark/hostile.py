"""A scenario of abuse: what one hostile member and forty hostile strangers cost everybody else."""

from __future__ import annotations

import http.client
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.benchmark import usage
from tests.benchmark.feeds import SETTLE_S, TOPIC, Figures, readers_of
from tests.benchmark.load import Load
from tests.benchmark.servers import SERVERS, Bench, Server
from tests.cluster.ports import HOST

HEALTHY = 200  # feeds of other people
LOOKS = 400  # events and questions that are timed, before and during
PAUSE_S = 0.02  # between them
ROOM = "bench-hostile"


def abuse(bench: Bench, name: str) -> Figures:
    """Events to the last of 200 healthy feeds, and `/livez`, before and during the attack."""
    from notifications import models
    from tests.benchmark import people

    models.Room.objects.get_or_create(name=ROOM, kind="chat")
    with SERVERS[name](bench) as server, readers_of(server, [TOPIC], HEALTHY) as load:
        load.open(HEALTHY)
        (member,) = people.users(HEALTHY + 1)[HEALTHY:]
        quiet = _looks(server, load)
        rested_kb, keys = usage.resident_kb(server.pids), bench.parts.redis_keys()
        with _attack(server.ports[0], people.token(member, TOPIC)):
            time.sleep(3 * SETTLE_S)
            busy = _looks(server, load)
            peak_kb = usage.resident_kb(server.pids)
        time.sleep(SETTLE_S)
        return {
            "p99_before_ms": _p99(quiet[0]),
            "p99_during_ms": _p99(busy[0]),
            "livez_p99_before_ms": _p99(quiet[1]),
            "livez_p99_during_ms": _p99(busy[1]),
            "rested_mb": rested_kb / 1024,
            "peak_mb": peak_kb / 1024,
            "redis_keys": bench.parts.redis_keys() - keys,
        }


def _looks(server: Server, load: Load) -> tuple[list[float], list[float]]:
    delivered, answered = [], []
    for _ in range(LOOKS):
        began_ns = time.monotonic_ns()
        server.publish([TOPIC])
        delivered.append((load.wait(HEALTHY).last_ns - began_ns) / 1e6)
        answered.append(_livez_ms(server.ports[0]))
        time.sleep(PAUSE_S)
    return delivered, answered


def _livez_ms(port: int) -> float:
    began = time.perf_counter()
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    connection.request("GET", "/livez")
    status = connection.getresponse().status
    connection.close()
    if status != 200:
        raise RuntimeError(f"/livez answers {status}")
    return (time.perf_counter() - began) * 1000


@contextmanager
def _attack(port: int, token: str) -> Iterator[None]:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmark.attack", str(port), ROOM, token],
        stdin=subprocess.PIPE,
        stdout=sys.stderr,
    )
    try:
        yield
    finally:
        assert program.stdin
        program.stdin.close()
        program.wait(30)


def _p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]
