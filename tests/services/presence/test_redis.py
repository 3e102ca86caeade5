"""What only many instances and a Redis that dies can show. The Redis is real."""

from __future__ import annotations

import asyncio

import pytest
import redis

from hub.log import LogAway
from hub.rooms.presence.redis import RedisPresence
from tests.cluster.redis import Redis


async def test_a_person_is_present_while_any_instance_has_a_lease(instances: list[RedisPresence]) -> None:
    one, two = instances
    await one.renew({"lobby": {"7": "Alice"}})
    await two.renew({"lobby": {"7": "Alice"}})

    await one.leave("lobby", "7", 0)

    assert await two.present(["lobby"]) == {"lobby": {"7": "Alice"}}
    await two.leave("lobby", "7", 0)
    assert await one.present(["lobby"]) == {"lobby": {}}


async def test_the_name_is_that_of_the_lease_that_lasts_longest(instances: list[RedisPresence]) -> None:
    one, two = instances
    await one.renew({"lobby": {"7": "Alice B."}}, 60)
    await two.renew({"lobby": {"7": "Alice"}}, 45)

    assert await two.present(["lobby"]) == {"lobby": {"7": "Alice B."}}


async def test_nothing_is_left_behind(instances: list[RedisPresence], data: redis.Redis) -> None:
    one, two = instances
    await one.renew({"lobby": {"7": "Alice"}}, 0.3)
    await two.renew({"lobby": {"7": "Alice"}}, 0.1)
    await one.keep_last_value("lobby", "telemetry", "7", b"1", 0.3)
    assert data.dbsize() == 4

    async with asyncio.timeout(10):
        while data.dbsize():
            await asyncio.sleep(0.01)


async def test_what_expired_is_swept_though_its_room_lives_on(
    instances: list[RedisPresence], data: redis.Redis
) -> None:
    one, _ = instances
    await one.renew({"lobby": {"7": "Alice", "8": "Bob"}})
    await one.leave("lobby", "7", 0)

    await one.present(["lobby"])

    assert data.zcard("hub:2:{s0}:presence:lobby") == 1
    assert data.hlen("hub:2:{s0}:presence-names:lobby") == 1


async def test_a_redis_that_is_away_is_reported_and_its_successor_serves(own_redis: Redis) -> None:
    presence = RedisPresence(own_redis.url, "one")
    await presence.renew({"lobby": {"7": "Alice"}})
    own_redis.kill()

    with pytest.raises(LogAway):
        await presence.present(["lobby"])
    with pytest.raises(LogAway):
        await presence.renew({"lobby": {"7": "Alice"}})

    own_redis.start()
    own_redis.wait_ready()
    await presence.renew({"lobby": {"7": "Alice"}})
    assert await presence.present(["lobby"]) == {"lobby": {"7": "Alice"}}
    await presence.close()
