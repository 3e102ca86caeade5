"""Power is cut, and Redis comes back with older data: readers have everything, or are told of a gap."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.cluster import Cluster
from tests.cluster.redis import PersistentRedis
from tests.system.conftest import KEY, Site
from tests.system.reader import Reader, until


@pytest.fixture(scope="module", params=["RDB", "AOF"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), 3)
    cluster.redis = PersistentRedis(cluster.folder, cluster.ports.redis, request.param)
    with cluster:
        yield cluster


@pytest.fixture
async def away(cluster: Cluster, site: Site, topic: str) -> Reader:
    """A reader who has the first event, and is away."""
    reader = Reader([cluster.instance_url(2)], await site.token("bob", [topic]), [topic])
    listening = asyncio.create_task(reader.listen())
    await until(lambda: reader.live, "a live feed")
    await site.publish(topic, 0)
    await until(lambda: reader.events(topic), "the first event")
    listening.cancel()
    return reader


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    return f"job-{abs(hash(request.node.name))}"


@pytest.mark.timeout(180)
@pytest.mark.parametrize("killed", [(1, 2, 3), (1,), ()], ids=["all new", "who listened stays", "all stay"])
async def test_readers_have_everything_or_are_told_of_a_gap(
    cluster: Cluster, site: Site, topic: str, away: Reader, killed: tuple[int, ...]
) -> None:
    stayed = await site.reader("bob", [topic], instance=3)
    assert isinstance(cluster.redis, PersistentRedis)
    await asyncio.to_thread(cluster.redis.keep)
    rows = []
    async with httpx.AsyncClient(base_url=cluster.instance_url(1), headers=KEY, timeout=10) as poster:
        for number in (1, 2, 3):
            await post(poster, "events", {"topic": topic, "type": "progress", "data": number})
            posted = await post(poster, "notifications", {"to": ["user:bob"], "title": f"n{number}"})
            rows.append(posted["notifications"][0]["id"])

    for k in killed:
        cluster.instances[k - 1].kill()
    await asyncio.to_thread(cluster.redis.cut_power)
    for k in killed:
        cluster.instances[k - 1].start()
    for instance in cluster.instances:
        await asyncio.to_thread(instance.wait_ready, 60)
    async with httpx.AsyncClient(base_url=cluster.instance_url(2), headers=KEY, timeout=10) as poster:
        posted = await post(poster, "notifications", {"to": ["user:bob"], "title": "n4"})
        rows.append(posted["notifications"][0]["id"])
        await post(poster, "events", {"topic": topic, "type": "progress", "data": 4})
    site.listening.append(asyncio.create_task(away.listen()))

    for reader in (away, stayed):
        await until(lambda r=reader: data(r, topic)[-1:] == [4], "the last event")
        await until(lambda r=reader: set(rows) <= set(r.notifications), "every notification")
        assert data(reader, topic) == list(range(5)) or topic in reader.resets
        assert reader.ids == sorted(reader.ids)


def data(reader: Reader, topic: str) -> list[int]:
    return [one["data"] for _, type, one in reader.received if type == "progress" and one["topic"] == topic]


async def post(poster: httpx.AsyncClient, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """As soon as it is accepted."""
    async with asyncio.timeout(30):
        while True:
            answer = await poster.post(f"/api/v1/{kind}", json=body)
            if answer.status_code == 201:
                accepted: dict[str, Any] = answer.json()
                return accepted
            await asyncio.sleep(0.1)
