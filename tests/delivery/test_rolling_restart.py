"""A deploy is boring: nothing lost, nothing doubled, and every reader moves at most once a restart."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.delivery.conftest import Site
from tests.delivery.reader import Reader, until

READERS = 30
ROUNDS = 1


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster"), 3, extra_env={"HUB_DRAIN_S": "2"}) as cluster:
        yield cluster


async def publish_until(stop: asyncio.Event, site: Site, posted: list[str]) -> None:
    while not stop.is_set():
        (row,) = await site.notify("everyone", f"number {len(posted)}")
        posted.append(row["id"])
        await asyncio.sleep(0.02)


async def restart(cluster: Cluster, k: int) -> None:
    instance = cluster.instances[k]
    instance.signal(signal.SIGTERM)
    await asyncio.to_thread(instance.join, 15)
    instance.start()
    await asyncio.to_thread(instance.wait_ready, 60)


@pytest.mark.timeout(240)
async def test_restarting_every_instance_in_turn_loses_nothing(cluster: Cluster, site: Site) -> None:
    readers: list[Reader] = list(
        await asyncio.gather(*(site.reader(user) for user in ("alice", "bob", "carol") * (READERS // 3)))
    )
    posted: list[str] = []
    stop = asyncio.Event()
    publishing = asyncio.create_task(publish_until(stop, site, posted))
    moves: list[Counter[int]] = []

    for _ in range(ROUNDS):
        for k in range(len(cluster.instances)):
            before = [reader.connects for reader in readers]
            await restart(cluster, k)
            await until(lambda: all(reader.live for reader in readers), "everybody live again")
            moves.append(Counter(r.connects - b for r, b in zip(readers, before, strict=True)))
    stop.set()
    await publishing

    for reader in readers:
        await until(lambda r=reader: len(r.notifications) >= len(posted), "everything")
        assert reader.notifications == posted
        assert not reader.resets
    away_s = sorted(seconds for reader in readers for seconds in reader.away_s)
    print("away, s:", " ".join(f"{seconds:.2f}" for seconds in away_s))
    assert away_s[-1] - away_s[0] > 0.1, "they came back in one spike"
    assert away_s[-1] < 5, "the balancer let them in one by one"
    assert all(set(once) <= {0, 1} for once in moves), moves
    assert sum(once[1] for once in moves) >= READERS, "somebody had to move, or nothing was tested"


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
