"""What one person says in a room: said once under its id, remembered in little room, and bounded a day."""

from __future__ import annotations

import pytest
import redis

from hub.events import Draft
from hub.log import MAX_MESSAGE_IDS, Appended, Log, Overtaken
from hub.log.redis import RedisLog
from hub.log.script import PREFIX
from tests.cluster.redis import Redis
from tests.services.log.conftest import MakeLog, new_log

OF_THE_LOG = {"birth", "canary", "clock", "last", "probes", "server"}


def message(id: str, *, topic: str = "room-a", sender: str = "7", daily: int = 100_000) -> Draft:
    return Draft(topic, "said", b"{}", id, sender=sender, daily=daily)


async def test_an_id_is_appended_once_per_person_and_room(log: Log) -> None:
    (first,) = await log.append_if([message("c1")])

    again, other, elsewhere = await log.append_if(
        [message("c1"), message("c1", sender="8")]
    ) + await log.append_if([message("c1", topic="room-b")])

    assert again == Appended(first.position, False)
    assert other.fresh
    assert elsewhere.fresh


async def test_an_id_sent_twice_at_once_is_appended_once(log: Log) -> None:
    first, second = await log.append_if([message("c1"), message("c1")])

    assert first.fresh
    assert second == Appended(first.position, False)


async def test_a_message_that_was_appended_is_answered_though_it_was_overtaken(log: Log) -> None:
    (first,) = await log.append_if([message("c1")])

    assert await log.append_if([message("c1")], after=-1) == [Appended(first.position, False)]
    with pytest.raises(Overtaken):
        await log.append_if([message("c2")], after=-1)


async def test_of_one_person_the_newest_ids_are_remembered(log: Log) -> None:
    await log.append_if([message("first")])
    for start in range(0, MAX_MESSAGE_IDS, 512):
        await log.append_if([message(f"c{n}") for n in range(start, start + 512)])

    last, first = await log.append_if([message(f"c{MAX_MESSAGE_IDS - 1}"), message("first")])

    assert not last.fresh
    assert first.fresh


async def test_a_person_over_the_daily_limit_sends_nothing_more_anywhere(log: Log) -> None:
    await log.append_if([message("c1", daily=2), message("c2", daily=2)])

    over, other = await log.append_if([message("c3", daily=2), message("c3", sender="8", daily=2)])
    (elsewhere,) = await log.append_if([message("c4", topic="room-b", daily=2)])
    (again,) = await log.append_if([message("c2", daily=2)])

    assert over == elsewhere == Appended(0, False)
    assert over.over_daily
    assert other.fresh
    assert again.position > 0
    assert not again.over_daily


async def test_the_messages_of_one_person_take_a_key_a_room_and_one_for_the_day(
    make_log: MakeLog, redis_server: Redis
) -> None:
    log = await new_log(make_log)
    await log.append_if([message(f"c{n}") for n in range(100)])
    await log.append_if([message(f"c{n}", topic="room-b") for n in range(100)])

    if isinstance(log, RedisLog):
        client = redis.Redis.from_url(redis_server.url)
        keys = sorted(key.decode().removeprefix(PREFIX) for key in client.scan_iter())
        keys = [key for key in keys if key not in OF_THE_LOG]
        assert keys == ["day:7", "said:room-a:7", "said:room-b:7", "t:room-a", "t:room-b"]
        assert all(client.ttl(PREFIX + key) > 0 for key in keys)
