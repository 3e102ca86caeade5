"""What somebody else writes into Redis is skipped, counted and told once; what is ours comes all the same."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import redis

from hub.events import Draft, Event
from hub.log import LogAway, LogRefused
from hub.log.redis import RedisLog
from hub.log.script import CHANNEL, STREAM
from hub.support.faults import malformed
from tests.cluster.ports import HOST
from tests.cluster.redis import Redis
from tests.services.log.conftest import RecordingReceiver, listening

NOW = b"%d" % (time.time() * 1_000_000)
MESSAGES = {
    "nothing": b"-",
    "a word": b"hello",
    "no digits": b"now before tick {}",
    "a negative position": b"-5 -6 tick {}",
    "digits of another script": "٣ ٢ tick {}".encode(),
    "twenty digits": b"99999999999999999999 1 tick {}",
    "five thousand digits": b"9" * 5000 + b" 1 tick {}",
    "a previous that is later": NOW + b" " + NOW + b" tick {}",
    "a type with a line break": NOW + b" 1 tick\ndata:\xc2\xa0 {}",
    "a type in capitals": NOW + b" 1 TICK {}",
    "no body": NOW + b" 1 tick ",
    "a body with a line break": NOW + b' 1 tick {"a":\n\n"data: x"}',
    "not UTF-8": NOW + b' 1 tick {"a":"\xff"}',
    "two megabytes": NOW + b' 1 tick {"a":"' + b"x" * 2_000_000 + b'"}',
}
ENTRIES: dict[str, dict[Any, Any]] = {
    "other fields": {b"x": b"y"},
    "some fields": {b"p": b"1", b"t": b"tick"},
    "a previous that is no number": {b"p": b"now", b"t": b"tick", b"b": b"{}"},
    "a body that is none": {b"p": b"1", b"t": b"tick", b"b": b"\r"},
    "a type that is none": {b"p": b"1", b"t": b"\xff\n", b"b": b"{}"},
    "another order": {b"b": b"{}", b"t": b"tick", b"p": b"1"},
}


@pytest.fixture
def client(redis_server: Redis) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
        yield client


@pytest.fixture
def max_events() -> int:
    """Events a topic keeps."""
    return 1000


@pytest.fixture
async def log(
    client: redis.Redis, redis_server: Redis, receiver: RecordingReceiver, max_events: int
) -> AsyncIterator[RedisLog]:
    log = RedisLog(redis_server.url, max_events, 60, "test")
    async with listening(log, receiver):
        yield log


class Relay:
    """Between the log and Redis: it can put words into Redis's mouth."""

    def __init__(self, server: Redis) -> None:
        self._server = server
        self._subscribed: asyncio.StreamWriter | None = None
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_redis, to_redis = await asyncio.open_connection(HOST, self._server.port)
        try:
            await asyncio.gather(self._requests(reader, to_redis, writer), self._replies(from_redis, writer))
        finally:
            for one in (writer, to_redis):
                one.close()

    def say(self, data: bytes) -> None:
        """To whoever subscribed last."""
        assert self._subscribed is not None
        self._subscribed.write(data)

    async def _requests(
        self, reader: asyncio.StreamReader, to_redis: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(1 << 16):
            if b"SUBSCRIBE" in data:
                self._subscribed = client
            to_redis.write(data)
        to_redis.close()

    async def _replies(self, from_redis: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await from_redis.read(1 << 16):
            writer.write(data)
        writer.close()


@pytest.fixture
async def relay(client: redis.Redis, redis_server: Redis) -> AsyncIterator[Relay]:
    relay = Relay(redis_server)
    serving: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(relay.serve(reader, writer)))

    async with await asyncio.start_server(accept, HOST, 0) as listening:
        relay.url = f"redis://{HOST}:{listening.sockets[0].getsockname()[1]}/0"
        yield relay
        # redis-py leaves the connections of a client that is used from threads to the garbage collector.
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def tick(topic: str = "job-1", body: bytes = b"{}") -> Draft:
    return Draft(topic, "tick", body)


@pytest.mark.parametrize("name", MESSAGES)
async def test_a_message_that_is_none_is_skipped_and_the_next_is_received(
    name: str, log: RedisLog, receiver: RecordingReceiver, client: redis.Redis
) -> None:
    await log.subscribe(["job-1"])
    before = malformed.counts["message"]

    client.publish(f"{CHANNEL}job-1", MESSAGES[name])
    (position,) = log.append([tick()])
    await receiver.until(lambda: bool(receiver.events))

    assert [event.position for event in receiver.events] == [position]
    assert receiver.times_disconnected == 0
    assert malformed.counts["message"] == before + 1


async def test_many_of_one_topic_are_logged_once(
    log: RedisLog, receiver: RecordingReceiver, client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    await log.subscribe(["told-once", "job-1"])

    with caplog.at_level(logging.ERROR, logger="hub.support.faults"):
        for message in MESSAGES.values():
            client.publish(f"{CHANNEL}told-once", message)
        log.append([tick()])
        await receiver.until(lambda: bool(receiver.events))

    assert ["told-once" in record.getMessage() for record in caplog.records] == [True]
    assert len(caplog.records[0].getMessage()) < 1000


@pytest.mark.parametrize("body", [b"hello", b"[]", b"7", b"{'a': 1}", b"{]}", b"{" * 5000 + b"}" * 5000])
async def test_of_a_room_only_json_is_received(
    body: bytes, log: RedisLog, receiver: RecordingReceiver, client: redis.Redis
) -> None:
    await log.subscribe(["room-1"])

    client.publish(f"{CHANNEL}room-1", NOW + b" 1 said " + body)
    log.append([Draft("room-1", "said", b'{"body":1}')])
    await receiver.until(lambda: bool(receiver.events))

    assert [event.body for event in receiver.events] == [b'{"body":1}']


async def test_a_subscriber_that_fails_receives_the_next_event(
    log: RedisLog, receiver: RecordingReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.subscribe(["job-1"])
    heard: list[Event] = []

    def fail_once(event: Event) -> None:
        heard.append(event)
        if len(heard) == 1:
            raise RuntimeError("the first is too much")

    monkeypatch.setattr(receiver, "received", fail_once)
    log.append([tick(), tick()])
    await receiver.until(lambda: len(heard) == 2)

    assert receiver.times_disconnected == 0


async def test_what_is_no_redis_is_left_and_connected_to_again(
    relay: Relay, receiver: RecordingReceiver
) -> None:
    log = RedisLog(relay.url, 100, 60, "relayed")
    async with listening(log, receiver):
        await log.subscribe(["job-1"])

        relay.say(b"!what\r\n")
        await receiver.until(lambda: receiver.times_restored == 2)
        (position,) = await asyncio.to_thread(log.append, [tick()])
        await receiver.until(lambda: bool(receiver.events))

        assert receiver.events[-1].position == position


@pytest.mark.parametrize("name", ENTRIES)
async def test_an_entry_that_is_none_is_skipped_and_hides_nothing(
    name: str, log: RedisLog, client: redis.Redis
) -> None:
    first, second = log.append([tick(), tick()])
    client.xadd(f"{STREAM}job-1", ENTRIES[name], id=f"{second + 1}-0")
    (third,) = log.append([tick()])
    before = malformed.counts["entry"]

    page = await log.read({"job-1": first, "job-2": first})
    after_it = await log.read({"job-1": second})

    assert [event.position for event in page.events] == [second, third]
    assert [event.position for event in after_it.events] == [third]
    assert not page.gaps
    assert not after_it.gaps
    assert malformed.counts["entry"] >= before + 2


async def test_pages_of_them_are_turned(log: RedisLog, client: redis.Redis) -> None:
    (first,) = log.append([tick()])
    for number in range(700):
        client.xadd(f"{STREAM}job-1", {"x": "y"}, id=f"{first + 1 + number}-0")
    (last,) = log.append([tick()])

    found, after, more = [], first, True
    while more:
        page = await log.read({"job-1": after})
        found += page.events
        after, more = page.upto, page.more

    assert [event.position for event in found] == [last]


async def test_entries_of_a_far_future_end_a_page(log: RedisLog, client: redis.Redis) -> None:
    (first,) = log.append([tick()])
    for number in range(700):
        client.xadd(f"{STREAM}job-1", {"p": "1", "t": "tick", "b": "{}"}, id=f"{9 * 10**15 + number}-0")

    page = await log.read({"job-1": first})

    assert not page.more
    assert page.events == []


async def test_a_stream_that_is_none_spoils_its_own_topic_alone(log: RedisLog, client: redis.Redis) -> None:
    client.set(f"{STREAM}job-1", "hello")
    (position,) = log.append([tick("job-2")])

    page = await log.read({"job-1": position - 1, "job-2": position - 1})
    with pytest.raises(LogRefused):
        log.append([tick("job-2"), tick("job-1")])
    (later,) = log.append([tick("job-2")])

    assert [event.topic for event in page.events] == ["job-2"]
    assert page.gaps == {"job-1"}
    assert later > position


@pytest.mark.parametrize("id", ["9000000000000000-0", "18446744073709551615-0"])
async def test_an_entry_of_the_far_future_spoils_its_own_topic_alone(
    id: str, log: RedisLog, client: redis.Redis
) -> None:
    client.xadd(f"{STREAM}job-1", {"p": "1", "t": "tick", "b": "{}"}, id=id)

    with pytest.raises(LogRefused):
        log.append([tick("job-1")])
    (position,) = log.append([tick("job-2")])

    assert position < 9 * 10**15


@pytest.mark.parametrize("max_events", [3])
@pytest.mark.parametrize("name", ENTRIES)
async def test_a_stream_that_begins_with_one_makes_room(
    name: str, log: RedisLog, client: redis.Redis
) -> None:
    (first,) = log.append([tick()])
    client.xadd(f"{STREAM}job-1", ENTRIES[name], id=f"{first + 1}-0")

    positions = log.append([tick() for _ in range(5)])

    page = await log.read({"job-1": positions[1]})
    assert [event.position for event in page.events] == positions[2:]


async def test_a_redis_that_is_full_is_away_and_refuses_no_one_for_good(
    log: RedisLog, client: redis.Redis
) -> None:
    client.config_set("maxmemory", "1")
    try:
        with pytest.raises(LogAway) as refused:
            log.append([tick()])
    finally:
        client.config_set("maxmemory", "0")

    assert not isinstance(refused.value, LogRefused)
