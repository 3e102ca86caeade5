from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis

from hub.rooms.presence import Presence
from hub.rooms.presence.memory import MemoryPresence
from hub.rooms.presence.redis import RedisPresence
from tests.cluster.ports import Ports
from tests.cluster.redis import Redis


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"), Ports.free(0).redis)
    server.start()
    server.wait_ready()
    yield server
    server.stop()


@pytest.fixture
def data(redis_server: Redis) -> Iterator[redis.Redis]:
    """The Redis of the tests, empty."""
    client = redis.Redis.from_url(redis_server.url, protocol=2)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(params=["memory", "redis"])
async def presence(request: pytest.FixtureRequest) -> AsyncIterator[Presence]:
    made: Presence
    if request.param == "memory":
        made = MemoryPresence()
    else:
        request.getfixturevalue("data")
        made = RedisPresence(request.getfixturevalue("redis_server").url, "one")
    yield made
    await made.close()


@pytest.fixture
async def instances(redis_server: Redis, data: redis.Redis) -> AsyncIterator[list[RedisPresence]]:
    """Two instances of one hub."""
    made = [RedisPresence(redis_server.url, name) for name in ("one", "two")]
    yield made
    for presence in made:
        await presence.close()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Redis]:
    """A Redis that the test may kill."""
    server = Redis(tmp_path, Ports.free(0).redis)
    server.start()
    server.wait_ready()
    yield server
    server.stop()
