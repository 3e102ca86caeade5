"""A deploy is boring: nothing lost, nothing doubled, and every reader moves at most once a restart."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import statistics
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.cluster import Cluster
from tests.system.conftest import Site, restart
from tests.system.reader import Reader, until
from tests.system.talker import Talker

# Of a big deploy: RESTART_FEEDS=400 RESTART_SOCKETS=100 RESTART_INSTANCES=4.
FEEDS = int(os.environ.get("RESTART_FEEDS", "30"))
SOCKETS = int(os.environ.get("RESTART_SOCKETS", "6"))
INSTANCES = int(os.environ.get("RESTART_INSTANCES", "3"))
PEOPLE = ("alice", "bob", "carol")
IDS = """
from django.contrib.auth.models import User
for name in ("alice", "bob", "carol"):
    print(User.objects.get(username=name).pk)
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster"), INSTANCES, extra_env={"HUB_DRAIN_S": "2"}) as cluster:
        yield cluster


async def post_until(stop: asyncio.Event, site: Site, posted: list[str]) -> None:
    while not stop.is_set():
        (row,) = await site.notify("everyone", f"number {len(posted)}")
        posted.append(row["id"])
        await asyncio.sleep(0.02)


@pytest.fixture
async def talkers(cluster: Cluster, site: Site) -> AsyncIterator[list[Talker]]:
    """Sockets in the lobby, of people who have many."""
    url = cluster.http_url.replace("http", "ws") + "/rooms/lobby/"
    ids = cluster.manage("shell", "-v0", "-c", IDS).split()
    tokens = {id: await site.token(name) for name, id in zip(PEOPLE, ids, strict=True)}
    found = [Talker(url, tokens[ids[n % 3]], f"t{n}", ids[n % 3]) for n in range(SOCKETS)]
    running = [asyncio.create_task(talker.run()) for talker in found]
    await until(lambda: all(talker.position for talker in found), "everybody is in")
    yield found
    for task in running:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*running, return_exceptions=True)


@pytest.mark.timeout(400)
async def test_restarting_every_instance_in_turn_loses_nothing(
    cluster: Cluster, site: Site, talkers: list[Talker]
) -> None:
    readers: list[Reader] = []
    for start in range(0, FEEDS, 50):
        names = [PEOPLE[n % 3] for n in range(start, min(FEEDS, start + 50))]
        readers += await asyncio.gather(*(site.reader(name) for name in names))
    posted: list[str] = []
    stop = asyncio.Event()
    posting = asyncio.create_task(post_until(stop, site, posted))
    moves: list[Counter[int]] = []

    for k in range(INSTANCES):
        before = [reader.connects for reader in readers] + [len(talker.codes) for talker in talkers]
        talkers[k].messages += [f"during restart {k}: {n}" for n in range(20)]
        await restart(cluster, k)
        await until(lambda: all(reader.live for reader in readers), "everybody live again")
        after = [reader.connects for reader in readers] + [len(talker.codes) for talker in talkers]
        moves.append(Counter(a - b for a, b in zip(after, before, strict=True)))
    stop.set()
    await posting
    await until(lambda: all(talker.done for talker in talkers), "every line is acknowledged")

    for reader in readers:
        await until(lambda r=reader: len(r.notifications) >= len(posted), "everything")
        assert reader.notifications == posted
        assert not reader.resets
    sent = 20 * INSTANCES
    await until(lambda: all(len(talker.received) >= sent for talker in talkers), "every line everywhere")
    assert len({tuple(talker.received) for talker in talkers}) == 1, "the same lines, in the same order"
    assert not any(talker.doubled for talker in talkers)
    away_s = sorted(seconds for reader in readers for seconds in reader.away_s)
    print("posted", len(posted), "moves", moves)
    print(
        f"away, s: median {statistics.median(away_s):.2f}, longest {away_s[-1]:.2f}, shortest {away_s[0]:.2f}"
    )
    assert away_s[-1] - away_s[0] > 0.1, "they came back in one spike"
    assert away_s[-1] < 5, "the balancer let them in one by one"
    assert all(set(once) <= {0, 1} for once in moves), moves
    assert sum(once[1] for once in moves) >= FEEDS + SOCKETS, "somebody had to move, or nothing was tested"


async def test_a_second_signal_exits_at_once(cluster: Cluster, site: Site) -> None:
    reader = await site.reader("alice", instance=1)
    instance = cluster.instances[0]

    instance.signal(signal.SIGTERM)
    await until(
        lambda: any(type == "retire" for _, type, _ in reader.received) or not reader.live, "a retire"
    )
    instance.signal(signal.SIGTERM)
    try:
        await until(lambda: not instance.alive, "its end", deadline_s=1)
        assert instance.exit_code == 1
    finally:
        await asyncio.to_thread(instance.join, 15)
        instance.start()
        await asyncio.to_thread(instance.wait_ready, 60)
