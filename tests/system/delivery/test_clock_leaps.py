"""The clock of Redis leaps by two hours and back: readers have everything, or are told of a gap."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.cluster.moved_redis import MovedRedis
from tests.system.conftest import Site
from tests.system.reader import Reader, until

LEAP_S = 2 * 3600


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), 3)
    cluster.redis = MovedRedis(cluster.folder, cluster.ports.redis)
    with cluster:
        yield cluster


@pytest.mark.timeout(180)
@pytest.mark.parametrize("leap_s", [LEAP_S, -LEAP_S])
@pytest.mark.parametrize("posted", ["before", "before, during and after"])
@pytest.mark.parametrize("returns_to", [1, 3])
async def test_readers_have_everything_or_are_told_of_a_gap(
    cluster: Cluster, site: Site, leap_s: int, posted: str, returns_to: int
) -> None:
    assert isinstance(cluster.redis, MovedRedis)
    topic = f"job-{leap_s}-{len(posted)}-{returns_to}"
    away = Reader([cluster.instance_url(2)], await site.token("bob", [topic]), [topic])
    listening = asyncio.create_task(away.listen())
    stayed = await site.reader("bob", [topic], instance=3)
    await until(lambda: away.live, "a live feed")
    await site.publish(topic, 0)
    await until(lambda: data(away, topic) == [0], "the first event")
    listening.cancel()
    rows: list[str] = []
    numbers = [0]

    async def post(number: int) -> None:
        numbers.append(number)
        await site.publish(topic, number)
        rows.extend(row["id"] for row in await site.notify("user:bob", f"n{number}"))

    await post(1)
    cluster.redis.move(leap_s)
    await asyncio.to_thread(cluster.redis.expire)
    if posted != "before":
        await post(2)
    cluster.redis.move(0)
    if posted != "before":
        await post(3)
    away.urls = [cluster.instance_url(returns_to)]
    site.listening.append(asyncio.create_task(away.listen()))
    await until(lambda: away.live, "a live feed")
    await post(4)

    for reader in (away, stayed):
        await until(lambda r=reader: data(r, topic)[-1:] == [4], "the last event")
        await until(lambda r=reader: set(rows) <= set(r.notifications), "every notification")
        assert data(reader, topic) == numbers or topic in reader.resets
        assert reader.ids == sorted(reader.ids)


def data(reader: Reader, topic: str) -> list[int]:
    return [one["data"] for _, type, one in reader.received if type == "progress" and one["topic"] == topic]
