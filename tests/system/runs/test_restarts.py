"""A deploy under producers that stream a body through nginx: they are told early, and nothing is lost."""

from __future__ import annotations

import asyncio

from hub_client import AsyncHub
from tests.cluster import Cluster
from tests.system.conftest import KEY, Site, restart
from tests.system.reader import until
from tests.system.runs.conftest import Call
from tests.system.runs.producers import StreamingProducer, token
from tests.system.runs.streams import RunReader

LASTING_S = 300.0  # at most, a producer on a busy machine
STREAM = KEY | {"Idempotency-Key": "the-stream"}


class LastingProducer:
    """Streams tokens until it is told to end, going on elsewhere where an instance says from which one."""

    def __init__(self, base: str, run: str) -> None:
        self._base = base
        self._run = run
        self.over = False
        self.texts: list[str] = []
        self.moves: list[int] = []  # the event from which it went on, each time

    async def produce(self) -> None:
        first = 0
        while (answer := await self._stream(first)) is not None:
            first = answer
            self.moves.append(first)

    async def _stream(self, first: int) -> int | None:
        async with StreamingProducer(self._base, self._run, headers=STREAM, query=f"?from={first}") as open:
            answering = asyncio.create_task(open.answer(LASTING_S))
            sent = first
            while not answering.done() and not (self.over and sent == len(self.texts)):
                if sent == len(self.texts):
                    self.texts.append(f"{sent} ")
                await open.send(token(self.texts[sent]))
                sent += 1
                await asyncio.sleep(0.01 if sent == len(self.texts) else 0)
            if not answering.done():
                open.finish()
            status, answer = await asyncio.wait_for(answering, 60)
        assert status in (200, 503), answer
        # Where nginx answers for an instance that is gone, all of it is sent again.
        return int(answer.get("events", first)) if status == 503 else None


async def test_restarting_every_instance_in_turn_loses_and_doubles_nothing(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run = await begin(lease_s=60)
    headers = {"Authorization": f"Bearer {run['token']}"}
    reader = RunReader([cluster.http_url], run["run"], headers)
    reading = asyncio.create_task(reader.read())
    producer = LastingProducer(cluster.http_url, run["run"])
    producing = asyncio.create_task(producer.produce())
    client = asyncio.create_task(produce_with_client(cluster.http_url, producer))
    await until(lambda: reader.tokens > 5, "some tokens")

    for k in range(3):
        before = len(producer.texts)
        await restart(cluster, k)
        await until(lambda before=before: reader.text.count(" ") > before, "tokens after it")
    producer.over = True
    await asyncio.wait_for(producing, 60)
    await site.api.post(f"/api/v1/runs/{run['run']}/done", json={})
    await asyncio.wait_for(reading, 60)
    other = await asyncio.wait_for(client, 60)

    whole = "".join(producer.texts)
    assert reader.text == whole
    assert (await site.api.get(f"/api/v1/runs/{run['run']}?user=alice")).json()["text"] == whole
    assert len(producer.moves) >= 2
    found = (await site.api.get(f"/api/v1/runs/{other}?user=alice")).json()
    assert (found["state"], found["text"]) == ("done", "".join(f"{n} " for n in range(found["tokens"])))


async def produce_with_client(url: str, other: LastingProducer) -> str:
    """A run of `hub_client`'s for as long."""
    async with AsyncHub(url, "demo-key") as hub, hub.run("alice") as run:
        number = 0
        while not other.over:
            await run.token(f"{number} ")
            number += 1
            await asyncio.sleep(0.02)
    return run.id
