from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import httpx
import pytest

from tests.cluster import Cluster
from tests.system.reader import Reader, until

KEY = {"Authorization": "Bearer demo-key"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three instances behind nginx; a test may kill what it wants if it brings it back."""
    # A few people read here for many.
    env = {"HUB_MAX_CONNECTIONS_PER_USER": "1000"}
    with Cluster(tmp_path_factory.mktemp("cluster"), 3, extra_env=env) as cluster:
        yield cluster


async def restart(cluster: Cluster, k: int) -> None:
    """As a deploy does it: told to leave, gone, started, ready."""
    instance = cluster.instances[k]
    instance.signal(signal.SIGTERM)
    await asyncio.to_thread(instance.join, 15)
    instance.start()
    await asyncio.to_thread(instance.wait_ready, 60)


class Site:
    """A cluster as its users meet it: publish with the demo's key, read with tokens."""

    def __init__(self, cluster: Cluster, api: httpx.AsyncClient) -> None:
        self.cluster = cluster
        self.api = api
        self.listening: list[asyncio.Task[None]] = []

    async def notify(self, to: str | Sequence[str], title: str, **more: Any) -> list[dict[str, Any]]:
        body = {"to": [to] if isinstance(to, str) else list(to), "title": title, **more}
        answer = await self.api.post("/api/v1/notifications", json=body)
        assert answer.status_code == 201, answer.text
        posted: list[dict[str, Any]] = answer.json()["notifications"]
        return posted

    async def publish(self, topic: str, data: Any, type: str = "progress") -> int:
        answer = await self.api.post("/api/v1/events", json={"topic": topic, "type": type, "data": data})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["position"])

    async def token(self, user: str, topics: Sequence[str] = ()) -> str:
        body = {"user": user, "topics": list(topics), "ttl": 3600}
        answer = await self.api.post("/api/v1/tokens", json=body)
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token

    async def reader(
        self, user: str, topics: Sequence[str] = (), *, instance: int | None = None, wait_s: int = 0
    ) -> Reader:
        """A reader that is live: of one instance if given, then of any through nginx. With ``wait_s`` it
        polls."""
        urls = [self.cluster.http_url]
        if instance is not None:
            urls.insert(0, self.cluster.instance_url(instance))
        reader = Reader(urls, await self.token(user, topics), topics, wait_s)
        self.listening.append(asyncio.create_task(reader.listen()))
        await until(lambda: reader.live or (wait_s and reader.last_id), f"a live feed for {user}")
        return reader


@pytest.fixture
async def site(cluster: Cluster) -> AsyncIterator[Site]:
    async with httpx.AsyncClient(base_url=cluster.http_url, headers=KEY, timeout=20) as api:
        site = Site(cluster, api)
        yield site
        for task in site.listening:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*site.listening, return_exceptions=True)
