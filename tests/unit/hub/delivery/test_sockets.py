"""A client socket whose other end reads, dawdles, or leaves."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from socket import socket as Socket

import pytest

from hub.delivery import round_robin, sockets
from hub.delivery.sockets import ClientSocket, SocketPoller

LIMIT = 256 * 1024


@pytest.fixture(autouse=True, params=["epoll", "event loop"])
def readiness(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Linux, and as where there is no epoll."""
    if request.param == "event loop":
        monkeypatch.delattr(select, "epoll")


@dataclass
class Peer:
    """A client socket, the reader's end of it, and how often it reported its end."""

    socket: ClientSocket
    reader: Socket
    closed: list[None] = field(default_factory=list)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.001)

    async def read(self, size: int) -> bytes:
        """So many bytes, or fewer if the connection ends."""
        loop = asyncio.get_running_loop()
        data = b""
        async with asyncio.timeout(10):
            while len(data) < size and (some := await loop.sock_recv(self.reader, 1 << 16)):
                data += some
        return data


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    ours, remote = socket.socketpair()
    for end in (ours, remote):
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    closed: list[None] = []
    peer = Peer(SocketPoller().adopt(ours, b"", LIMIT, lambda: closed.append(None)), remote, closed)
    yield peer
    peer.socket.abort()
    remote.close()


def fill(peer: Peer, part: bytes = b"x" * 1000) -> int:
    """Write until the kernel makes us wait; how many bytes were accepted."""
    written = 0
    while not peer.socket.waiting:
        assert peer.socket.write(part)
        written += len(part)
    return written


async def test_bytes_go_straight_to_the_kernel(peer: Peer) -> None:
    before = sockets.direct

    peer.socket.write(b"hello")

    assert peer.socket.waiting == 0
    assert sockets.direct == before + 1
    assert await peer.read(5) == b"hello"


async def test_what_the_kernel_does_not_accept_follows_in_order(peer: Peer) -> None:
    written = fill(peer)
    parts = [b"%06d" % n for n in range(1000)]

    for part in parts:
        peer.socket.write(part)
    data = await peer.read(written + 6000)

    assert data == b"x" * written + b"".join(parts)
    await peer.until(lambda: peer.socket.waiting == 0)


async def test_after_a_wait_bytes_go_straight_again(peer: Peer) -> None:
    written = fill(peer)
    await peer.read(written)
    await peer.until(lambda: peer.socket.waiting == 0)
    before = sockets.direct

    peer.socket.write(b"again")

    assert sockets.direct == before + 1
    assert await peer.read(5) == b"again"


async def test_more_than_the_limit_is_refused_and_nothing_of_it_kept(peer: Peer) -> None:
    fill(peer)
    while peer.socket.write(b"y" * 1000):
        pass

    waiting = peer.socket.waiting

    assert LIMIT - 1000 < waiting <= LIMIT
    assert not peer.socket.write(b"y" * 1000)
    assert peer.socket.waiting == waiting
    assert not peer.closed, "whoever writes may be going through all subscribers"


async def test_the_end_goes_after_what_waits(peer: Peer) -> None:
    written = fill(peer)

    peer.socket.close(b"goodbye")
    peer.socket.write(b"not any more")
    data = await peer.read(1 << 30)

    assert data == b"x" * written + b"goodbye"
    await peer.until(lambda: len(peer.closed) == 1)


async def test_a_reader_that_never_reads_its_last_bytes_is_closed_all_the_same(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "CLOSE_S", 0.05)
    fill(peer)

    peer.socket.close(b"goodbye")

    await peer.until(lambda: len(peer.closed) == 1)


async def test_a_reader_that_leaves_is_noticed_once(peer: Peer) -> None:
    peer.reader.close()

    await peer.until(lambda: len(peer.closed) == 1)
    peer.socket.write(b"to nobody")
    peer.socket.close(b"to nobody")
    peer.socket.abort()

    assert len(peer.closed) == 1


async def test_writing_to_one_who_just_left_closes_later_and_not_within_the_write(peer: Peer) -> None:
    peer.reader.close()

    peer.socket.write(b"to nobody")

    assert not peer.closed
    await peer.until(lambda: len(peer.closed) == 1)


async def test_input_after_the_end_is_discarded_up_to_a_bound(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "MAX_DISCARDED_BYTES", 256 * 1024)
    monkeypatch.setattr(sockets, "CLOSE_S", 0.2)
    sent = 0

    def received(data: bytes) -> None:
        peer.socket.close(b"goodbye")

    peer.socket.receive(received)

    async with asyncio.timeout(10):
        while not peer.closed:
            try:
                sent += peer.reader.send(b"x" * 4096)
            except BlockingIOError:
                await asyncio.sleep(0)
            except OSError:
                break

    assert sent < sockets.MAX_DISCARDED_BYTES + 4 * sockets.MAX_READ_BYTES


async def test_after_the_end_no_input_is_passed_on_though_the_reader_reads_nothing(peer: Peer) -> None:
    received: list[bytes] = []
    peer.socket.receive(received.append)
    fill(peer)

    peer.socket.close(b"goodbye")
    peer.reader.send(b"more")
    await peer.until(lambda: peer.socket._discarded == 4)

    assert not received


async def test_a_connection_that_cannot_be_served_ends_and_the_others_are_served() -> None:
    poller = SocketPoller()
    pairs = [socket.socketpair() for _ in range(3)]
    received: list[bytes] = []
    closed: list[int] = []

    def fail(data: bytes) -> None:
        raise ZeroDivisionError

    for number, (ours, _) in enumerate(pairs):
        ours.setblocking(False)
        adopted = poller.adopt(ours, b"", LIMIT, lambda number=number: closed.append(number))  # type: ignore[misc]
        adopted.receive(fail if number == 1 else received.append)
    for _, remote in pairs:
        remote.send(b"word")

    async with asyncio.timeout(10):
        while len(received) < 2 or not closed:
            await asyncio.sleep(0.001)
    for _, remote in pairs:
        remote.close()

    assert closed[:1] == [1]


async def test_clients_that_flood_leave_the_loop_and_each_other_their_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(round_robin, "MAX_TURN_S", 0.0)  # one a turn
    poller = SocketPoller()
    received: list[int] = []
    pairs = [socket.socketpair() for _ in range(10)]
    for number, (ours, remote) in enumerate(pairs):
        ours.setblocking(False)
        remote.setblocking(False)
        remote.send(b"x" * 100_000)
        adopted = poller.adopt(ours, b"", LIMIT, lambda: None)
        adopted.receive(lambda data, number=number: received.append(number))  # type: ignore[misc]

    turns = 0
    async with asyncio.timeout(10):
        while len(received) < 10:
            await asyncio.sleep(0)
            turns += 1
    first = received[:10]
    for _, remote in pairs:
        remote.close()
    async with asyncio.timeout(10):
        while poller._sockets:
            await asyncio.sleep(0)

    assert sorted(first) == list(range(10))
    assert turns >= 10
