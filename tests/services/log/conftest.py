from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from hub.events import Draft, Event
from hub.log import Log, LogAway
from hub.log.memory import MemoryLog
from hub.log.redis import RedisLog
from tests.cluster.ports import Ports
from tests.cluster.redis import Redis

MakeLog = Callable[..., Log]

TICK = Draft("job-1", "tick", b"{}")


class RecordingReceiver:
    """A receiver that records."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.times_disconnected = 0
        self.times_restored = 0
        self.restored_now = asyncio.Event()

    def received(self, event: Event) -> None:
        self.events.append(event)

    def disconnected(self) -> None:
        self.times_disconnected += 1
        self.restored_now.clear()

    def restored(self) -> None:
        self.times_restored += 1
        self.restored_now.set()

    async def until(self, condition: Callable[[], bool], deadline_s: float = 10) -> None:
        async with asyncio.timeout(deadline_s):
            while not condition():
                await asyncio.sleep(0.005)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"), Ports.free(0).redis)
    server.start()
    server.wait_ready()
    yield server
    server.stop()


@pytest.fixture(params=["memory", "redis"])
async def make_log(request: pytest.FixtureRequest) -> AsyncIterator[MakeLog]:
    """Make a log of either kind, with a receiver: ``await``-less, with the bounds given."""
    listeners: list[asyncio.Task[None]] = []

    def make(
        receiver: RecordingReceiver | None = None, *, max_events: int = 100, ttl_s: float = 60, **room: Any
    ) -> Log:
        log: Log
        if request.param == "memory":
            log = MemoryLog(max_events, ttl_s, **room)
        else:
            server: Redis = request.getfixturevalue("redis_server")
            redis.Redis.from_url(server.url).flushall()
            log = RedisLog(server.url, max_events, ttl_s, f"test-{len(listeners)}", **room)
        listeners.append(asyncio.create_task(log.listen(receiver or RecordingReceiver())))
        return log

    yield make
    for task in listeners:
        task.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)


@pytest.fixture
async def receiver() -> RecordingReceiver:
    return RecordingReceiver()


@pytest.fixture
async def log(make_log: MakeLog, receiver: RecordingReceiver, tmp_path: Path) -> Log:
    made = make_log(receiver)
    await receiver.until(lambda: receiver.times_restored > 0)
    return made


def draft(topic: str = "job-1", body: bytes = b"{}", key: str = "", removes: str = "") -> Draft:
    return Draft(topic, "progress", body, key, removes)


async def new_log(make_log: MakeLog, *, max_events: int = 100, ttl_s: float = 60, **room: Any) -> Log:
    receiver = RecordingReceiver()
    log = make_log(receiver, max_events=max_events, ttl_s=ttl_s, **room)
    await receiver.until(lambda: receiver.times_restored > 0)
    return log


def appended(log: Log) -> bool:
    """Whether an append was accepted."""
    try:
        return bool(log.append([TICK]))
    except LogAway:
        return False
