"""A body that is read while it arrives: in its order, no more of it than is received, and to its end."""

from __future__ import annotations

import asyncio

import pytest

from hub.server.streamed_body import MAX_BUFFERED_BYTES, StreamedBody


class Connection:
    """What a body asks of its connection."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.body = StreamedBody(
            begin=lambda: self.calls.append("begin"),
            pause=lambda: self.calls.append("pause"),
            resume=lambda: self.calls.append("resume"),
        )


@pytest.fixture
def connection() -> Connection:
    return Connection()


async def test_a_part_is_received_once_it_arrives(connection: Connection) -> None:
    receiving = asyncio.create_task(connection.body.receive())
    await asyncio.sleep(0)

    connection.body.add(b"one")

    assert await receiving == {"type": "http.request", "body": b"one", "more_body": True}


async def test_it_is_asked_for_when_it_is_first_received(connection: Connection) -> None:
    connection.body.add(b"one")
    before = list(connection.calls)

    await connection.body.receive()
    connection.body.add(b"two")
    await connection.body.receive()

    assert (before, connection.calls) == ([], ["begin"])


async def test_the_connection_is_read_no_further_than_a_bound_until_that_is_received(
    connection: Connection,
) -> None:
    connection.body.add(b"x" * MAX_BUFFERED_BYTES)
    connection.body.add(b"y")
    connection.body.add(b"z")
    paused = list(connection.calls)

    received = await connection.body.receive()

    assert paused == ["pause"]
    assert connection.calls == ["pause", "begin", "resume"]
    assert len(received["body"]) == MAX_BUFFERED_BYTES + 2


async def test_its_end_is_told_once_and_then_that_the_client_has_gone(connection: Connection) -> None:
    connection.body.add(b"last")
    connection.body.end()
    last = await connection.body.receive()
    connection.body.put_nowait({"type": "http.disconnect"})

    gone = await connection.body.receive()

    assert last == {"type": "http.request", "body": b"last", "more_body": False}
    assert gone == {"type": "http.disconnect"}


async def test_what_arrived_before_it_was_cut_is_received(connection: Connection) -> None:
    connection.body.add(b"half")
    connection.body.cut()

    found = [await connection.body.receive() for _ in range(2)]

    assert found == [
        {"type": "http.request", "body": b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]


async def test_the_body_that_daphne_makes_of_a_head_is_no_part_of_it(connection: Connection) -> None:
    connection.body.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    connection.body.add(b"one")

    assert (await connection.body.receive())["more_body"]
