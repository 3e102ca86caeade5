"""A feed over a real socket: silence, and its end by another thread or task."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from hub_client import AsyncHub, Event, Hub, Live, Message, Reconnecting, Unreachable
from tests.unit.hub_client.script import block, event, opening
from tests.unit.hub_client.stub_hub import StubHub

DEADLINE_S = 20


@pytest.fixture
def stub() -> Iterator[StubHub]:
    """Its heart beats every 20 ms, once."""
    with StubHub(b"retry: 100\n" + opening(heartbeat_s=0.02) + event(5, "a")) as stub:
        yield stub


@pytest.fixture
def quiet() -> Iterator[StubHub]:
    with StubHub(opening() + event(5, "a")) as stub:
        yield stub


def test_a_silent_connection_is_left_for_another(stub: StubHub) -> None:
    with Hub(stub.url) as hub, hub.subscribe(["job-1"], token="T") as feed:
        messages = [next(feed) for _ in range(4)]

    assert [type(message) for message in messages] == [Live, Event, Reconnecting, Live]
    assert isinstance(messages[2], Reconnecting)
    assert isinstance(messages[2].error, Unreachable)
    assert stub.connections == 2


async def test_a_silent_connection_is_left_for_another_with_asyncio(stub: StubHub) -> None:
    async with AsyncHub(stub.url) as hub, hub.subscribe(["job-1"], token="T") as feed:
        messages = [await anext(feed) for _ in range(4)]

    assert [type(message) for message in messages] == [Live, Event, Reconnecting, Live]
    assert stub.connections == 2


def test_race_a_feed_that_is_read_is_closed_by_another_thread(quiet: StubHub) -> None:
    received: list[Message] = []
    began = threading.Event()
    with Hub(quiet.url) as hub:
        feed = hub.subscribe(["job-1"], token="T")

        def read() -> None:
            for message in feed:
                received.append(message)
                began.set()

        reading = threading.Thread(target=read)
        reading.start()
        assert began.wait(DEADLINE_S)
        feed.close()
        reading.join(DEADLINE_S)

        assert not reading.is_alive()
        assert not any(isinstance(message, Reconnecting) for message in received)
        assert list(feed) == []


async def test_race_a_feed_that_is_read_is_closed_by_another_task(quiet: StubHub) -> None:
    received: list[Message] = []
    async with AsyncHub(quiet.url) as hub:
        feed = hub.subscribe(["job-1"], token="T")

        async def read() -> None:
            async for message in feed:
                received.append(message)

        reading = asyncio.create_task(read())
        async with asyncio.timeout(DEADLINE_S):
            while len(received) < 2:
                await asyncio.sleep(0)
            await feed.aclose()
            await reading

        assert [type(message) for message in received] == [Live, Event]


def test_a_feed_that_raised_has_ended() -> None:
    with (
        StubHub(opening() + block("stream-error", {"reason": "revoked", "retry": False})) as stub,
        Hub(stub.url) as hub,
    ):
        feed = hub.subscribe(["job-1"], token="T")
        next(feed)
        with pytest.raises(Exception, match="revoked"):
            next(feed)

        assert list(feed) == []


async def test_a_feed_that_raised_has_ended_with_asyncio() -> None:
    with StubHub(opening() + block("stream-error", {"reason": "revoked", "retry": False})) as stub:
        async with AsyncHub(stub.url) as hub:
            feed = hub.subscribe(["job-1"], token="T")
            await anext(feed)
            with pytest.raises(Exception, match="revoked"):
                await anext(feed)

            assert [message async for message in feed] == []
