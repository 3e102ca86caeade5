"""The same hub on another server: uvicorn gives no connection away, so feeds go by plain `send()`."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests import ROOT
from tests.cluster import Cluster
from tests.cluster.ports import Ports
from tests.cluster.process import Process
from tests.system.conftest import Site
from tests.system.reader import Reader, until


class Uvicorn(Process):
    def __init__(self, cluster: Cluster) -> None:
        self.port = Ports.free(0).http
        command = [sys.executable, "-m", "uvicorn", "hub.asgi:application", "--port", str(self.port)]
        super().__init__(
            "uvicorn", [*command, "--log-level", "warning"], cluster.folder, env=cluster.env, cwd=ROOT
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture(scope="module")
def uvicorn(cluster: Cluster) -> Iterator[Uvicorn]:
    server = Uvicorn(cluster)
    server.start()
    try:
        server.wait_ready(30)
        yield server
    finally:
        server.stop()


async def test_it_delivers_resumes_and_replays_next_to_instances_on_daphne(
    uvicorn: Uvicorn, site: Site
) -> None:
    reader = Reader([uvicorn.url], await site.token("alice", ["job-1"]), ["job-1"])
    listening = asyncio.create_task(reader.listen())
    await until(lambda: reader.live, "a live feed")

    first = await site.publish("job-1", {"done": 1})
    (posted,) = await site.notify("user:alice", "to uvicorn")
    await until(lambda: reader.notifications == [posted["id"]], "the notification")
    listening.cancel()
    missed = await site.publish("job-1", {"done": 2})
    returned = Reader([uvicorn.url], reader.token, ["job-1"], last_id=reader.last_id)
    site.listening.append(asyncio.create_task(returned.listen()))

    await until(lambda: returned.events("job-1"), "what was missed")
    assert reader.events("job-1") == [first]
    assert returned.events("job-1") == [missed]


async def test_it_answers_polls(uvicorn: Uvicorn, site: Site) -> None:
    reader = Reader([uvicorn.url], await site.token("alice", ["job-1"]), ["job-1"], 5)
    site.listening.append(asyncio.create_task(reader.listen()))
    await until(lambda: reader.last_id, "an answer without events")

    positions = [await site.publish("job-1", {"done": done}) for done in (3, 4)]

    await until(lambda: reader.events("job-1") == positions, "what was published")


async def test_it_takes_posts_and_leaves_on_sigterm(uvicorn: Uvicorn, site: Site) -> None:
    reader = await site.reader("bob", instance=1)
    async with httpx.AsyncClient(base_url=uvicorn.url, headers=site.api.headers) as api:
        answer = await api.post("/api/v1/notifications", json={"to": ["user:bob"], "title": "from uvicorn"})

    assert answer.status_code == 201
    await until(lambda: answer.json()["notifications"][0]["id"] in reader.notifications, "it on Daphne")
    await asyncio.to_thread(uvicorn.stop, 15)
    # Its way: everything is ended, then the signal is let through.
    assert uvicorn.exit_code == -signal.SIGTERM
