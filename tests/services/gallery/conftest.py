from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from notifications.demo.playback_store import MemoryStore, PlaybackStore, RedisStore
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
def store(request: pytest.FixtureRequest) -> PlaybackStore:
    if request.param == "memory":
        return MemoryStore()
    request.getfixturevalue("data")
    return RedisStore(request.getfixturevalue("redis_server").url)


@pytest.fixture
def stores(redis_server: Redis, data: redis.Redis) -> list[RedisStore]:
    """Of two instances of one hub."""
    return [RedisStore(redis_server.url), RedisStore(redis_server.url)]
