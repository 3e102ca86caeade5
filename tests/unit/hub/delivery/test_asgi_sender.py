"""A server that no longer accepts what is sent ends the connection, and is asked no more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.delivery import asgi_sender
from hub.delivery.asgi_sender import AsgiSender
from hub.delivery.subscriber import Subscriber
from hub.feeds.sse import SSE
from hub.ports import Person


class Server:
    """Accepts messages until it fails, or for ever."""

    def __init__(self, failure: Exception | None = None, *, hangs: bool = False) -> None:
        self.messages: list[Any] = []
        self._failure = failure
        self._hangs = hangs

    async def send(self, message: Any) -> None:
        self.messages.append(message)
        if self._hangs:
            await asyncio.Event().wait()
        if self._failure is not None:
            raise self._failure


@pytest.fixture
def subscriber() -> Subscriber:
    person = Person("7", "Ann", ())
    return Subscriber(person, address="", topics=("job-1",), dialect=SSE, mailbox_bytes=1000)


async def test_messages_are_passed_on(subscriber: Subscriber) -> None:
    server = Server()
    sender = AsgiSender(server.send, subscriber)

    await sender({"type": "one"})
    await sender({"type": "two"})

    assert server.messages == [{"type": "one"}, {"type": "two"}]
    assert not subscriber.closed


@pytest.mark.parametrize(
    ("server", "reason"), [(Server(hangs=True), "slow"), (Server(ConnectionResetError()), "gone")]
)
async def test_a_server_that_accepts_nothing_closes_the_connection_and_is_asked_no_more(
    subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch, server: Server, reason: str
) -> None:
    monkeypatch.setattr(asgi_sender, "SEND_S", 0.01)
    sender = AsgiSender(server.send, subscriber)

    await sender({"type": "one"})
    await sender({"type": "two"})

    assert server.messages == [{"type": "one"}]
    assert subscriber.closed == reason
