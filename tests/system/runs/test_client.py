"""Runs that programs produce with `hub_client`, blocking and for asyncio."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from hub_client import AsyncHub, AsyncRun, Hub, Run, RunEvent
from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.reader import until

TOKENS = [f"{number} " for number in range(150)]


class Program:
    """Produces a run through the balancer, in a thread or a task."""

    def __init__(self, url: str, asynchronous: bool) -> None:
        self.said = 0
        self.id = ""
        self.stopped = False
        work = self._produce_async(url) if asynchronous else asyncio.to_thread(self._produce, url)
        self.done = asyncio.ensure_future(work)
        self.tokens = iter(TOKENS)
        self.error: Exception | None = None

    def _produce(self, url: str) -> None:
        with Hub(url, "demo-key") as hub, hub.run("alice") as run:
            self._begun(run)
            for text in self.tokens:
                run.token(text)
                self.said += 1
                time.sleep(0.02)
            self._end(run)
        self.stopped = run.stopped

    async def _produce_async(self, url: str) -> None:
        async with AsyncHub(url, "demo-key") as hub, hub.run("alice") as run:
            self._begun(run)
            for text in self.tokens:
                await run.token(text)
                self.said += 1
                await asyncio.sleep(0.02)
            self._end(run)
        self.stopped = run.stopped

    def _begun(self, run: Run | AsyncRun) -> None:
        self.id = run.id

    def _end(self, run: Run | AsyncRun) -> None:
        if self.error is not None:
            raise self.error
        run.outcome = {"ok": True}


class Reader:
    """Reads a run to its end through the balancer, with the key that began it, in a thread or a task."""

    def __init__(self, url: str, run: str, asynchronous: bool) -> None:
        self.text = ""
        self.types: list[str] = []
        work = self._read_async(url, run) if asynchronous else asyncio.to_thread(self._read, url, run)
        self.done = asyncio.ensure_future(work)

    def _read(self, url: str, run: str) -> None:
        with Hub(url, "demo-key") as hub, hub.runs.read(run) as reader:
            for event in reader:
                self._receive(event)

    async def _read_async(self, url: str, run: str) -> None:
        async with AsyncHub(url, "demo-key") as hub, hub.runs.read(run) as reader:
            async for event in reader:
                self._receive(event)

    def _receive(self, event: RunEvent) -> None:
        self.types.append(event.type)
        if event.type == "token":
            self.text += event.data["text"]


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def asynchronous(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


async def found(site: Site, run: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await site.api.get(f"/api/v1/runs/{run}?user=alice")).json()
    return answer


async def test_each_token_is_appended_once_though_an_instance_is_killed(
    cluster: Cluster, site: Site, asynchronous: bool
) -> None:
    program = Program(cluster.http_url, asynchronous)
    await until(lambda: program.id, "a run")
    reader = Reader(cluster.http_url, program.id, asynchronous)
    try:
        await until(lambda: program.said > 40, "some tokens")
        cluster.instances[0].kill()
        await asyncio.wait_for(program.done, 60)
    finally:
        cluster.instances[0].start()
        await asyncio.to_thread(cluster.instances[0].wait_ready, 60)

    run = await found(site, program.id)
    await asyncio.wait_for(reader.done, 60)
    assert run["text"] == "".join(TOKENS)
    assert (reader.text, reader.types[-1]) == (run["text"], "done")
    assert (run["state"], run["outcome"]) == ("done", {"ok": True})


async def test_a_stop_at_an_instance_stops_the_program(
    cluster: Cluster, site: Site, asynchronous: bool
) -> None:
    token = await site.token("alice")
    program = Program(cluster.http_url, asynchronous)
    program.tokens = iter(TOKENS * 1000)
    await until(lambda: program.said > 10, "some tokens")

    url = f"{cluster.instance_url(2)}/api/v1/runs/{program.id}/stop"
    await site.api.post(url, headers={"Authorization": f"Bearer {token}"})

    await asyncio.wait_for(program.done, 60)
    assert program.stopped
    assert (await found(site, program.id))["state"] == "stopped"


async def test_a_run_is_begun_found_and_stopped(cluster: Cluster, asynchronous: bool) -> None:
    def use() -> list[object]:
        with Hub(cluster.http_url, "demo-key") as hub:
            begun = hub.runs.begin("alice", title="for a worker", queued=True)
            listed = hub.runs.list(user="alice", limit=1)
            stopped = hub.runs.stop(begun.id, token=hub.token("alice").token)
            events = list(hub.runs.read(begun.id, token=begun.token))
            found = hub.runs.get(begun.id, user="alice")
        return [begun.id, listed[0].id, stopped.state, events[-1].type, found.state, found.text]

    async def use_async() -> list[object]:
        async with AsyncHub(cluster.http_url, "demo-key") as hub:
            begun = await hub.runs.begin("alice", title="for a worker", queued=True)
            listed = await hub.runs.list(user="alice", limit=1)
            stopped = await hub.runs.stop(begun.id, token=(await hub.token("alice")).token)
            events = [event async for event in hub.runs.read(begun.id, token=begun.token)]
            found = await hub.runs.get(begun.id, user="alice")
        return [begun.id, listed[0].id, stopped.state, events[-1].type, found.state, found.text]

    first, *rest = await (use_async() if asynchronous else asyncio.to_thread(use))

    assert rest == [first, "stopped", "stopped", "stopped", ""]


async def test_an_exception_fails_the_run_and_goes_on(
    cluster: Cluster, site: Site, asynchronous: bool
) -> None:
    program = Program(cluster.http_url, asynchronous)
    program.tokens = iter(TOKENS[:3])
    program.error = KeyError("secret")

    with pytest.raises(KeyError, match="secret"):
        await asyncio.wait_for(program.done, 60)

    run = await found(site, program.id)
    assert (run["state"], run["detail"], run["text"]) == ("failed", "KeyError", "0 1 2 ")
