from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import redis

from hub.events import Draft, Event
from hub.log import Log, LogAway, Page
from hub.log.memory import MemoryLog
from hub.log.redis import RedisLog
from tests.cluster.ports import Ports
from tests.cluster.redis import Redis

MakeLog = Callable[..., Log]
AnyRedis = TypeVar("AnyRedis", bound=Redis)

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


@contextmanager
def started(server: AnyRedis) -> Iterator[AnyRedis]:
    """Until the end of the block, and ready."""
    server.start()
    try:
        server.wait_ready()
        yield server
    finally:
        server.stop()


@asynccontextmanager
async def listening(log: Log, receiver: RecordingReceiver) -> AsyncIterator[None]:
    """The log listens until the end of the block, and has begun to."""
    task = asyncio.create_task(log.listen(receiver))
    try:
        await receiver.until(lambda: receiver.times_restored > 0)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with started(Redis(tmp_path_factory.mktemp("redis"), Ports.free(0).redis)) as server:
        yield server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    """A Redis of the test's own, which it may break."""
    with started(Redis(tmp_path, Ports.free(0).redis)) as server:
        yield server


@pytest.fixture
async def make_instance(server: Redis) -> AsyncIterator[Callable[[str], RedisLog]]:
    """Make the log of an instance that listens, by its name."""
    tasks: list[asyncio.Task[None]] = []

    def make(name: str) -> RedisLog:
        log = RedisLog(server.url, 100, 3600, name)
        tasks.append(asyncio.create_task(log.listen(RecordingReceiver())))
        return log

    yield make
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


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


async def append_soon(log: Log) -> int:
    """The position of an event that is appended as soon as the log accepts it."""
    async with asyncio.timeout(15):
        while True:
            try:
                return log.append([TICK])[0]
            except LogAway:
                await asyncio.sleep(0.05)


async def read_soon(log: Log, after: int, topics: Sequence[str] = ("job-1",)) -> Page:
    """What topics have after a position, as soon as the log can be read."""
    async with asyncio.timeout(15):
        while True:
            try:
                return await log.read(dict.fromkeys(topics, after))
            except LogAway:
                await asyncio.sleep(0.05)
