"""A wire against a real socket whose other end reads, dawdles, or leaves."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from hub.delivery import read_schedule, sockets
from hub.delivery.sockets import Wire, Wires

LIMIT = 256 * 1024


@pytest.fixture(autouse=True, params=["epoll", "event loop"])
def readiness(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Linux, and as where there is no epoll."""
    if request.param == "event loop":
        monkeypatch.delattr(select, "epoll")


@dataclass
class Line:
    """A wire, the reader's end of it, and how often it was told closed."""

    wire: Wire
    reader: socket.socket
    closed: list[None] = field(default_factory=list)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.001)

    async def read(self, wanted: int) -> bytes:
        """So many bytes, or fewer if the wire ends."""
        loop = asyncio.get_running_loop()
        data = b""
        async with asyncio.timeout(10):
            while len(data) < wanted and (some := await loop.sock_recv(self.reader, 1 << 16)):
                data += some
        return data


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    closed: list[None] = []
    line = Line(Wires().take(ours, b"", LIMIT, lambda: closed.append(None)), theirs, closed)
    yield line
    line.wire.abort()
    theirs.close()


def fill(line: Line, piece: bytes = b"x" * 1000) -> int:
    """Write until the kernel makes us wait; how many bytes were accepted."""
    written = 0
    while not line.wire.waiting:
        assert line.wire.write(piece)
        written += len(piece)
    return written


async def test_bytes_go_straight_to_the_kernel(line: Line) -> None:
    before = sockets.direct

    line.wire.write(b"hello")

    assert line.wire.waiting == 0
    assert sockets.direct == before + 1
    assert await line.read(5) == b"hello"


async def test_what_the_kernel_does_not_take_follows_in_order(line: Line) -> None:
    written = fill(line)
    pieces = [b"%06d" % n for n in range(1000)]

    for piece in pieces:
        line.wire.write(piece)
    data = await line.read(written + 6000)

    assert data == b"x" * written + b"".join(pieces)
    await line.until(lambda: line.wire.waiting == 0)


async def test_after_a_wait_bytes_go_straight_again(line: Line) -> None:
    written = fill(line)
    await line.read(written)
    await line.until(lambda: line.wire.waiting == 0)
    before = sockets.direct

    line.wire.write(b"again")

    assert sockets.direct == before + 1
    assert await line.read(5) == b"again"


async def test_more_than_the_limit_is_refused_and_nothing_of_it_kept(line: Line) -> None:
    fill(line)
    while line.wire.write(b"y" * 1000):
        pass

    waiting = line.wire.waiting

    assert LIMIT - 1000 < waiting <= LIMIT
    assert not line.wire.write(b"y" * 1000)
    assert line.wire.waiting == waiting
    assert not line.closed, "whoever writes may be going through all subscribers"


async def test_the_end_goes_after_what_waits(line: Line) -> None:
    written = fill(line)

    line.wire.end(b"goodbye")
    line.wire.write(b"not any more")
    data = await line.read(1 << 30)

    assert data == b"x" * written + b"goodbye"
    await line.until(lambda: len(line.closed) == 1)


async def test_a_reader_that_never_takes_its_goodbye_is_closed_all_the_same(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "ENDING_S", 0.05)
    fill(line)

    line.wire.end(b"goodbye")

    await line.until(lambda: len(line.closed) == 1)


async def test_a_reader_that_leaves_is_noticed_once(line: Line) -> None:
    line.reader.close()

    await line.until(lambda: len(line.closed) == 1)
    line.wire.write(b"to nobody")
    line.wire.end(b"to nobody")
    line.wire.abort()

    assert len(line.closed) == 1


async def test_writing_to_one_who_just_left_closes_later_and_not_within_the_write(line: Line) -> None:
    line.reader.close()

    line.wire.write(b"to nobody")

    assert not line.closed
    await line.until(lambda: len(line.closed) == 1)


async def test_who_goes_on_after_the_end_is_heard_no_further_than_a_bound(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "IGNORED", 256 * 1024)
    monkeypatch.setattr(sockets, "ENDING_S", 0.2)
    taken = 0

    def heard(data: bytes) -> None:
        line.wire.end(b"goodbye")

    line.wire.read(heard)

    async with asyncio.timeout(10):
        while not line.closed:
            try:
                taken += line.reader.send(b"x" * 4096)
            except BlockingIOError:
                await asyncio.sleep(0)
            except OSError:
                break

    assert taken < sockets.IGNORED + 4 * sockets.HEARD


async def test_after_the_end_nothing_is_heard_though_the_reader_takes_nothing(line: Line) -> None:
    told: list[bytes] = []
    line.wire.read(told.append)
    fill(line)

    line.wire.end(b"goodbye")
    line.reader.send(b"more")
    await line.until(lambda: line.wire._ignored == 4)

    assert not told


async def test_a_connection_that_cannot_be_served_ends_and_the_others_are_served() -> None:
    mine = Wires()
    pairs = [socket.socketpair() for _ in range(3)]
    told: list[bytes] = []
    closed: list[int] = []

    def fail(data: bytes) -> None:
        raise ZeroDivisionError

    for number, (ours, _) in enumerate(pairs):
        ours.setblocking(False)
        wire = mine.take(ours, b"", LIMIT, lambda number=number: closed.append(number))  # type: ignore[misc]
        wire.read(fail if number == 1 else told.append)
    for _, theirs in pairs:
        theirs.send(b"word")

    async with asyncio.timeout(10):
        while len(told) < 2 or not closed:
            await asyncio.sleep(0.001)
    for _, theirs in pairs:
        theirs.close()

    assert closed[:1] == [1]


async def test_those_who_flood_leave_the_loop_its_turns_and_each_other_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(read_schedule, "TURN_S", 0.0)  # one a turn
    mine = Wires()
    heard: list[int] = []
    pairs = [socket.socketpair() for _ in range(10)]
    for number, (ours, theirs) in enumerate(pairs):
        ours.setblocking(False)
        theirs.setblocking(False)
        theirs.send(b"x" * 100_000)
        mine.take(ours, b"", LIMIT, lambda: None).read(lambda data, number=number: heard.append(number))  # type: ignore[misc]

    turns = 0
    async with asyncio.timeout(10):
        while len(heard) < 10:
            await asyncio.sleep(0)
            turns += 1
    first = heard[:10]
    for _, theirs in pairs:
        theirs.close()
    async with asyncio.timeout(10):
        while mine._wires:
            await asyncio.sleep(0)

    assert sorted(first) == list(range(10))
    assert turns >= 10
