"""A reader whose socket fills in the middle of an event gets the rest of it, and each event once."""

from __future__ import annotations

import asyncio
import re
import socket

from hub.delivery.sockets import SocketPoller
from hub.delivery.subscriber import Subscriber
from hub.delivery.topic_state import TopicState
from hub.events import Event
from hub.feeds.sse import SSE
from hub.ports import Person

EVENTS = 40


async def test_a_reader_whose_socket_fills_gets_each_event_once() -> None:
    ours, remote = socket.socketpair()
    for end in (ours, remote):
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    subscriber = Subscriber(
        Person("ann", "ann", ()), address="", topics=("a",), dialect=SSE, mailbox_bytes=1 << 20
    )
    state = TopicState(SSE.event)
    subscriber.on_direct = state.set_direct
    client = SocketPoller().adopt(ours, b"", 1 << 20, lambda: None)
    subscriber.attach(client)
    state.buffered[subscriber] = None
    subscriber.release(0)

    for position in range(1, EVENTS + 1):
        event = Event(position, position - 1, "a", "tick", b'{"data":"%b"}' % (b"x" * 1000))
        state.deliver(position, SSE.event(event))
    assert client.waiting, "the socket has filled"
    data, loop = b"", asyncio.get_running_loop()
    async with asyncio.timeout(10):
        while b"id: %d\n" % EVENTS not in data or not data.endswith(b"\n\n\r\n"):
            data += await loop.sock_recv(remote, 1 << 16)
    client.abort()
    remote.close()

    assert [int(id) for id in re.findall(rb"^id: (\d+)$", data, re.M)] == list(range(1, EVENTS + 1))
