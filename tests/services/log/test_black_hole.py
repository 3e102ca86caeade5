"""A Redis whose packets are dropped is given up in seconds, and used again when they arrive."""

from __future__ import annotations

import asyncio

import pytest

from hub.log import LogAway
from hub.log.redis import RedisLog
from tests.cluster.ports import HOST
from tests.cluster.redis import Redis
from tests.cluster.relay import Relay
from tests.services.log.conftest import TICK, RecordingReceiver, listening

GIVEN_UP_S = 8


async def test_what_drops_everything_is_given_up_in_seconds_and_used_again(
    redis_server: Redis, receiver: RecordingReceiver
) -> None:
    with Relay(redis_server.port) as relay:
        log = RedisLog(f"redis://{HOST}:{relay.port}/0", 100, 3600, "test")
        async with listening(log, receiver):
            await asyncio.to_thread(log.append, [TICK])

            relay.hold()
            async with asyncio.timeout(GIVEN_UP_S):
                for append in (lambda: asyncio.to_thread(log.append, [TICK]), lambda: log.append_if([TICK])):
                    with pytest.raises(LogAway):
                        await append()
                with pytest.raises(LogAway):
                    await log.read({"job-1": 0})
            await receiver.until(lambda: receiver.times_disconnected == 1, GIVEN_UP_S)

            relay.let_go()
            await receiver.until(lambda: receiver.times_restored == 2)
            await log.subscribe(["job-1"])
            (position,) = await asyncio.to_thread(log.append, [TICK])
            await receiver.until(lambda: [event.position for event in receiver.events] == [position])
