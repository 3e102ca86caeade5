"""An instance leaves while a run is read there."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass

import httpx

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.reader import until
from tests.system.runs.conftest import Call, produce

FORMATS = ("", "ai-sdk", "openai", "ag-ui")
ENDS = ("[DONE]", '"finish"', "RUN_FINISHED")
CONNECTIONS = 6  # through the balancer, so that some are at the instance


@dataclass
class Stream:
    """A response as it came. It was ``cut`` if it has no end."""

    url: str
    token: str
    body: str = ""
    ended: bool = False
    cut: bool = False

    async def read(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with (
                httpx.AsyncClient(timeout=30) as client,
                client.stream("GET", self.url, headers=headers) as answer,
            ):
                async for text in answer.aiter_text():
                    self.body += text
            self.ended = True
        except httpx.RemoteProtocolError:
            self.cut = True


async def test_readers_who_cannot_resume_stay_through_a_drain_and_are_cut_after_it(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run, leaving = await begin(lease_s=60), cluster.instances[2]
    path = f"/api/v1/runs/{run['run']}/stream?format="
    own = {name: Stream(f"{leaving.url}{path}{name}", run["token"]) for name in FORMATS}
    balanced = [Stream(f"{cluster.http_url}{path}openai", run["token"]) for _ in range(CONNECTIONS)]
    streams = [*own.values(), *balanced]
    reading = [asyncio.create_task(stream.read()) for stream in streams]
    await produce(cluster.instances[0].url, run["run"], ("token", {"text": "before"}))
    await until(lambda: all("before" in stream.body for stream in streams), "all read")
    try:
        leaving.signal(signal.SIGTERM)
        await until(lambda: own[""].ended, "the reader that can resume is sent elsewhere")
        await produce(cluster.instances[0].url, run["run"], ("token", {"text": "during"}))
        await until(lambda: all("during" in own[name].body for name in FORMATS[1:]), "the others read on")
        await asyncio.to_thread(leaving.join, 30)
        await until(lambda: all(own[name].cut for name in FORMATS[1:]), "they are cut")
    finally:
        leaving.start()
        await asyncio.to_thread(leaving.wait_ready, 60)
    await site.api.post(f"/api/v1/runs/{run['run']}/done", json={})
    await asyncio.wait_for(asyncio.gather(*reading), 20)

    assert "event: retire" in own[""].body
    assert not any(
        mark in own[name].body for name in FORMATS[1:] for mark in ("[DONE]", 'finish"', "FINISHED")
    )
    assert {stream.ended for stream in balanced} <= {True, False}
    assert all(("[DONE]" in stream.body) is stream.ended for stream in balanced)
    assert any(stream.cut for stream in balanced)
