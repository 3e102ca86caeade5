"""Readiness of sockets is the same by epoll and by the event loop."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Iterator

import pytest

from hub.delivery.readiness import HUNG_UP, READABLE, WRITABLE, LoopReadiness, Readiness, readiness


class Poll:
    """Our end of a connection, and what was found of it since it was last asked."""

    def __init__(self, ours: socket.socket) -> None:
        self.ours = ours
        self.found = 0
        self.readiness: Readiness = readiness(asyncio.get_running_loop(), self._ready)

    async def until(self, mask: int) -> None:
        self.found = 0
        async with asyncio.timeout(10):
            while not self.found & mask:
                await asyncio.sleep(0)

    async def in_later_turns(self) -> int:
        """What is found once the loop has had its turn with what was found before."""
        for _ in range(3):
            await asyncio.sleep(0)
        self.found = 0
        for _ in range(5):
            await asyncio.sleep(0)
        return self.found

    def _ready(self) -> None:
        for descriptor, mask in self.readiness.poll():
            assert descriptor == self.ours.fileno()
            self.found |= mask


@pytest.fixture(params=["epoll", "event loop"])
def pair(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[socket.socket, socket.socket]]:
    if request.param == "event loop":
        monkeypatch.delattr(select, "epoll")
    pair = socket.socketpair()
    for end in pair:
        end.setblocking(False)
    yield pair
    for end in pair:
        end.close()


@pytest.fixture
async def poll(pair: tuple[socket.socket, socket.socket]) -> Poll:
    return Poll(pair[0])


async def test_bytes_are_reported_until_they_are_read(
    poll: Poll, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, other = pair
    poll.readiness.register(ours, READABLE)

    other.send(b"hello")
    await poll.until(READABLE)
    await poll.until(READABLE)
    ours.recv(100)

    assert await poll.in_later_turns() == 0


async def test_room_for_bytes_is_reported_as_long_as_it_is_requested(
    poll: Poll, pair: tuple[socket.socket, socket.socket]
) -> None:
    poll.readiness.register(pair[0], HUNG_UP)
    poll.readiness.modify(pair[0], HUNG_UP | WRITABLE)
    await poll.until(WRITABLE)

    poll.readiness.modify(pair[0], HUNG_UP)

    assert await poll.in_later_turns() == 0


async def test_a_hang_up_is_reported_without_an_interest_in_bytes(
    poll: Poll, pair: tuple[socket.socket, socket.socket]
) -> None:
    poll.readiness.register(pair[0], HUNG_UP)

    pair[1].close()

    await poll.until(HUNG_UP)


async def test_of_an_unregistered_socket_nothing_is_reported(
    poll: Poll, pair: tuple[socket.socket, socket.socket]
) -> None:
    poll.readiness.register(pair[0], READABLE)
    pair[1].send(b"hello")
    await poll.until(READABLE)

    poll.readiness.unregister(pair[0])

    assert await poll.in_later_turns() == 0


async def test_unread_bytes_do_not_keep_the_event_loop_busy() -> None:
    ours, other = socket.socketpair()
    ours.setblocking(False)
    loop = asyncio.get_running_loop()
    LoopReadiness(loop, lambda: None).register(ours, HUNG_UP)

    other.send(b"unexpected")
    for _ in range(5):
        await asyncio.sleep(0)

    assert not loop.remove_reader(ours), "it would be called in each turn"
    for end in (ours, other):
        end.close()
