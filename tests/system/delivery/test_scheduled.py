"""What is scheduled is sent once, whatever becomes of the instances."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.reader import until

MANY = 100  # to each of three people: more than a relay takes at once


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster"), 4) as cluster:
        yield cluster


@pytest.mark.timeout(180)
async def test_four_instances_send_what_is_due_once_though_one_is_killed_amid_it(
    cluster: Cluster, site: Site
) -> None:
    people = ("alice", "bob", "carol")
    readers = {name: await site.reader(name, instance=k) for k, name in enumerate(people, start=2)}
    due = (datetime.now(UTC) + timedelta(seconds=6)).isoformat()
    to = [f"user:{name}" for name in people]
    sent = [await site.notify(to, f"number {n}", send_at=due) for n in range(MANY)]
    early = [reader.notifications for reader in readers.values()]

    await until(lambda: readers["alice"].notifications, "the first")
    cluster.instances[0].signal(signal.SIGKILL)
    await asyncio.to_thread(cluster.instances[0].join, 15)
    for reader in readers.values():
        await until(lambda r=reader: len(set(r.notifications)) >= MANY, "all of them")
    # Another that is due after them goes through the same relays: whatever they did twice came before it.
    await site.notify(to, "the last", send_at=_soon())
    for reader in readers.values():
        await until(lambda r=reader: r.received[-1][1] and len(set(r.notifications)) > MANY, "the last")

    assert early == [[], [], []]
    for name in people:
        k = people.index(name)
        assert sorted(readers[name].notifications[:MANY]) == sorted(rows[k]["id"] for rows in sent)
        assert len(readers[name].notifications) == MANY + 1


def _soon() -> str:
    return (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
