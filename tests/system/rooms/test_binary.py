"""Binary frames over three instances: what is accepted arrives once and in order, whatever dies."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import TypeVar

import pytest

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.rooms.audio import Listener, Speaker
from tests.system.talker import until

FRAMES = 3000  # a minute of 20 ms
FRAME_BYTES = 640
WORDS = 20
Someone = TypeVar("Someone", Speaker, Listener)
SOUND = [number.to_bytes(4, "big") + bytes(FRAME_BYTES - 4) for number in range(FRAMES)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A minute of sound goes faster than it is spoken."""
    env = {"HUB_ROOM_SIGNALS_PER_S": "600", "HUB_ROOM_BYTES_PER_S": "4000000"}
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), 3, extra_env=env)
    cluster.redis.options = ("appendonly yes",)
    with cluster:
        yield cluster


class Studio:
    """A room of kind voice, and who is in it."""

    def __init__(self, cluster: Cluster, site: Site, name: str) -> None:
        self._site = site
        self.addresses = [
            cluster.instance_url(k).replace("http", "ws", 1) + f"/rooms/{name}/" for k in range(3)
        ]
        self._running: list[asyncio.Task[None]] = []

    async def speaker(self, who: str, sound: list[bytes], first: int = 0) -> Speaker:
        return await self._start(Speaker(self._from(first), await self._site.token(who), sound))

    async def listener(self, who: str, first: int) -> Listener:
        return await self._start(Listener(self._from(first), await self._site.token(who)))

    async def close(self) -> None:
        for task in self._running:
            task.cancel()
        for task in self._running:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _from(self, first: int) -> list[str]:
        return self.addresses[first:] + self.addresses[:first]

    async def _start(self, someone: Someone) -> Someone:
        self._running.append(asyncio.create_task(someone.run()))
        await until(lambda: someone.count("live") > 0, "live", 60)
        return someone


@pytest.fixture
async def studio(cluster: Cluster, site: Site) -> AsyncIterator[Studio]:
    name = f"voice-{uuid.uuid4().hex[:8]}"
    answer = await site.api.post("/api/v1/rooms", json={"name": name, "kind": "voice", "members": "everyone"})
    assert answer.status_code == 201, answer.text
    made = Studio(cluster, site, name)
    yield made
    await made.close()


async def test_a_minute_of_sound_is_heard_whole_beside_a_listener_that_stopped(studio: Studio) -> None:
    stopped = await studio.listener("carol", 1)
    assert stopped.socket is not None
    stopped.socket.transport.pause_reading()
    program = await studio.listener("carol", 2)
    bob = await studio.listener("bob", 1)
    alice = await studio.speaker("alice", SOUND)

    for number in range(WORDS):
        await until(partial(program.has_heard, number * FRAMES // WORDS + 1), "it is heard", 30)
        body = {"text": f"word {number}", "final": True}
        await program.send({"type": "say", "id": f"w{number}", "body": body})
    await until(lambda: len(bob.sound) >= FRAMES and len(program.sound) >= FRAMES, "all is heard", 30)

    assert bob.sound == SOUND
    assert program.sound == SOUND
    await until(lambda: alice.accepted == FRAMES and alice.count("said") == WORDS, "all is accepted", 60)
    said = [frame["body"]["text"] for frame in alice.frames if frame["type"] == "said"]
    assert said == [f"word {number}" for number in range(WORDS)]
    assert alice.cuts == bob.cuts == 0


async def test_what_is_accepted_is_heard_once_over_a_kill_and_a_restart_of_redis(
    cluster: Cluster, studio: Studio
) -> None:
    near, far = await studio.listener("bob", 0), await studio.listener("carol", 1)
    alice = await studio.speaker("alice", SOUND)

    await until(lambda: alice.accepted > FRAMES // 4, "it is under way", 30)
    cluster.instances[0].kill()
    await until(lambda: alice.accepted > FRAMES // 2, "she goes on elsewhere", 30)
    cluster.redis.stop()
    cluster.redis.start()
    await until(lambda: len(near.sound) >= FRAMES and len(far.sound) >= FRAMES, "all is heard", 40)

    assert near.sound == SOUND
    assert far.sound == SOUND
    cluster.instances[0].start()
    await asyncio.to_thread(cluster.instances[0].wait_ready, 60)
