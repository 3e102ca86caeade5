"""What happens on a connection while a plain request waits for its answer."""

from __future__ import annotations

import asyncio
import json

from hub.server.body_limits import MAX_BUFFERED_PER_ADDRESS
from hub.server.plain_posts import MAX_DEFERRED_BYTES
from tests.unit.hub.server.plain_posts.conftest import (
    EVENT,
    GET,
    Served,
    close,
    request,
    until,
)


async def test_race_what_comes_before_the_answer_is_served_after_it(served: Served) -> None:
    served.log.held = []
    channel = served.connect()
    channel.dataReceived(request())
    channel.dataReceived(GET[:9])
    channel.dataReceived(GET[9:])
    assert channel.transport.value() == b""

    served.log.release()
    await until(lambda: channel.transport.value().count(b"HTTP/1.1 ") == 2)

    assert channel.transport.value().startswith(b"HTTP/1.1 201")
    assert channel.transport.value().endswith(b"/other")
    close(channel)


async def test_a_client_that_sends_on_before_its_answer_is_read_no_further(served: Served) -> None:
    served.log.held = []
    channel = served.connect()
    channel.dataReceived(request())
    assert channel.transport.reading

    channel.dataReceived(request({**EVENT, "data": "x" * MAX_DEFERRED_BYTES}))
    assert not channel.transport.reading
    served.log.release()

    await until(lambda: channel.transport.value().count(b"HTTP/1.1 201") == 2)
    assert channel.transport.reading
    close(channel)


async def test_race_a_client_that_goes_before_its_answer_has_published(served: Served) -> None:
    served.log.held = []
    channel = served.connect()
    channel.dataReceived(request())

    close(channel)
    served.log.release()

    assert len(served.log.appended) == 1
    served.server.bodies.add("10.0.0.1", MAX_BUFFERED_PER_ADDRESS)  # none is counted any more


async def test_race_a_client_that_goes_between_head_and_body_publishes_nothing(served: Served) -> None:
    channel = served.connect()
    channel.dataReceived(request()[:-5])

    close(channel)
    await asyncio.sleep(0)

    assert (served.plain, served.log.appended) == (0, [])


async def test_race_a_connection_is_not_idle_while_an_answer_is_due(served: Served) -> None:
    served.log.held = []
    channel = served.connect()
    channel.dataReceived(request())

    channel.timeoutConnection()
    assert not channel.transport.disconnecting
    served.log.release()
    channel.timeoutConnection()

    assert channel.transport.disconnecting
    close(channel)


async def test_race_an_instance_that_leaves_closes_the_connection_after_its_answer(served: Served) -> None:
    served.server.leaving = True

    assert b"Connection: close" in await served.answers(request())
    assert served.plain == 0


async def test_bodies_count_until_their_answer(served: Served) -> None:
    body = len(json.dumps(EVENT))
    served.server.bodies.add("10.0.0.1", MAX_BUFFERED_PER_ADDRESS - body)
    served.log.held = []
    first, second = served.connect(), served.connect()
    first.dataReceived(request())

    second.dataReceived(request())
    assert second.transport.value().startswith(b"HTTP/1.1 429")
    served.log.release()

    assert first.transport.value().startswith(b"HTTP/1.1 201")
    assert (await served.answers(request())).startswith(b"HTTP/1.1 201")
    close(first)
    close(second)
