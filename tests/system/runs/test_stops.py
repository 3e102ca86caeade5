"""A stop pressed at one instance ends the producer at another, however that produces."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from hub_client import AsyncHub
from tests.cluster import Cluster
from tests.system.conftest import KEY, Site
from tests.system.reader import until
from tests.system.runs.producers import ProducerProcess, StreamingProducer, token

STOPS = 5  # of each kind of producer
DEADLINE_S = 10.0  # far beyond what it takes
# As a task of a project's own: a line with the run's id when it begins, one when its producer has ended.
ARUN = """
import asyncio
from notifications import arun

async def produce():
    async with arun("alice") as run:
        print(run.id, flush=True)
        while True:
            await run.token("x ")
            await asyncio.sleep(0.02)
    print(run.id, flush=True)

async def main():
    await asyncio.gather(*[produce() for _ in range(%d)])

asyncio.run(main())
"""


@dataclass
class Producing:
    """Producers of one kind: the runs that they have begun, and when each has ended."""

    begun: list[str] = field(default_factory=list)
    ended: dict[str, float] = field(default_factory=dict)


Kind = Callable[[Cluster, Producing], Coroutine[Any, Any, object]]


async def in_the_project(cluster: Cluster, producing: Producing) -> None:
    process = ProducerProcess(cluster, ARUN % STOPS)
    try:
        for _ in range(2 * STOPS):
            row = await process.row()
            if row not in producing.begun:
                producing.begun.append(row)
            else:
                producing.ended[row] = time.monotonic()
    finally:
        process.kill()


async def with_the_client(cluster: Cluster, producing: Producing) -> None:
    async def produce() -> None:
        async with AsyncHub(cluster.instance_url(1), "demo-key") as hub, hub.run("alice") as run:
            producing.begun.append(run.id)
            while True:
                await run.token("x ")
                await asyncio.sleep(0.02)
        producing.ended[run.id] = time.monotonic()

    await asyncio.gather(*[produce() for _ in range(STOPS)])


async def with_a_body_of_lines(cluster: Cluster, producing: Producing) -> None:
    async def produce(run: str) -> None:
        async with StreamingProducer(cluster.instance_url(1), run) as open:
            answering = asyncio.create_task(open.answer(60))
            with contextlib.suppress(ConnectionError):
                while not answering.done():
                    await open.send(token("x "))
                    await asyncio.sleep(0.02)
            assert (await answering)[1]["stop"]
        producing.ended[run] = time.monotonic()

    await begun(cluster, producing)
    await asyncio.gather(*map(produce, producing.begun))


async def by_polling(cluster: Cluster, producing: Producing) -> None:
    async def wait(run: str) -> None:
        async with httpx.AsyncClient(headers=KEY, timeout=30) as client:
            answer = await client.get(f"{cluster.instance_url(1)}/api/v1/runs/{run}/stop?wait=20")
        assert answer.json() == {"stop": True}
        producing.ended[run] = time.monotonic()

    await begun(cluster, producing)
    await asyncio.gather(*map(wait, producing.begun))


async def begun(cluster: Cluster, producing: Producing) -> None:
    async with httpx.AsyncClient(headers=KEY) as client:
        for _ in range(STOPS):
            answer = await client.post(f"{cluster.instance_url(1)}/api/v1/runs", json={"owner": "alice"})
            producing.begun.append(answer.json()["run"])


@pytest.fixture
async def owner(cluster: Cluster, site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Alice, at the third instance."""
    headers = {"Authorization": f"Bearer {await site.token('alice')}"}
    async with httpx.AsyncClient(base_url=cluster.instance_url(3), headers=headers, timeout=20) as client:
        yield client


@pytest.mark.parametrize("kind", [in_the_project, with_the_client, with_a_body_of_lines, by_polling])
async def test_every_stop_elsewhere_ends_the_producer(
    cluster: Cluster, owner: httpx.AsyncClient, kind: Kind
) -> None:
    producing = Producing()
    work = asyncio.create_task(kind(cluster, producing))
    await until(lambda: len(producing.begun) == STOPS, "its runs")
    took = []

    for run in producing.begun:
        pressed = time.monotonic()
        answer = await owner.post(f"/api/v1/runs/{run}/stop")
        async with asyncio.timeout(DEADLINE_S):
            while run not in producing.ended:
                await asyncio.sleep(0.001)
        took.append(1000 * (producing.ended[run] - pressed))
        assert answer.json()["state"] == "stopped"
    await asyncio.wait_for(work, DEADLINE_S)

    states = [(await owner.get(f"/api/v1/runs/{run}")).json()["state"] for run in producing.begun]
    assert states == ["stopped"] * STOPS
    print(f"{kind.__name__}: p50 {statistics.median(took):.0f} ms, max {max(took):.0f} ms")


async def test_a_stop_after_it_is_done_changes_nothing(
    cluster: Cluster, site: Site, owner: httpx.AsyncClient
) -> None:
    run = (await site.api.post("/api/v1/runs", json={"owner": "alice"})).json()["run"]
    await site.api.post(f"{cluster.instance_url(1)}/api/v1/runs/{run}/done", json={"outcome": 1})
    before = (await owner.get(f"/api/v1/runs/{run}")).json()

    stopped = await owner.post(f"/api/v1/runs/{run}/stop")

    after = (await owner.get(f"/api/v1/runs/{run}")).json()
    assert (stopped.status_code, stopped.json()["state"]) == (200, "done")
    assert after == before
    async with site.api.stream("GET", f"/api/v1/runs/{run}/stream") as stream:
        rows = [row async for row in stream.aiter_lines()]
    assert [row for row in rows if row in ("event: done", "event: stopped")] == ["event: done"]
