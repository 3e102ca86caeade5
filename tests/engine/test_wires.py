"""A wire against a real socket whose other end reads, dawdles, or leaves."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from hub import wires
from hub.wires import Wire, Wires

LIMIT = 256 * 1024


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
    before = wires.direct

    line.wire.write(b"hello")

    assert line.wire.waiting == 0
    assert wires.direct == before + 1
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
    before = wires.direct

    line.wire.write(b"again")

    assert wires.direct == before + 1
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
    monkeypatch.setattr(wires, "ENDING_S", 0.05)
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
