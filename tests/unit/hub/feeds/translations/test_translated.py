"""A feed whose client reads something else than the feed, on a socket of ours."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from hub.delivery.readers import Readers
from hub.delivery.sockets import SocketPoller
from hub.events import Encoded
from hub.feeds.sse import SSE, chunked
from hub.feeds.translated import TranslatedSubscriber
from hub.feeds.transports import Headers
from hub.ports import Person


class Upper:
    """In upper case; ``?`` is a gap, and ``.`` the end."""

    empty = incomplete = over = False

    def __init__(self) -> None:
        self.resumable = False
        self.known = asyncio.Event()  # what the gap hides
        self.kept = b""

    def fields(self, headers: Headers) -> Headers:
        return headers

    def translate(self, payload: bytes) -> Encoded:
        self.incomplete = self.incomplete or payload == b"?"
        if self.incomplete:
            self.kept += payload
            return chunked(b"")
        self.over = payload == b"."
        return chunked(payload.upper())

    def translate_chunk(self, chunk: bytes) -> bytes | None:
        return None

    async def translate_poll(self, payload: bytes) -> bytes:
        return payload.upper()

    async def complete(self) -> Encoded:
        await self.known.wait()
        self.incomplete = False
        return chunked(self.kept.upper())


class Reader:
    """A live subscriber that the fan-out may send to directly, and the client's end of its socket."""

    def __init__(self) -> None:
        raw, self.client = socket.socketpair()
        raw.setblocking(False)
        self.client.setblocking(False)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.translation = Upper()
        self.subscriber = TranslatedSubscriber(
            Person("1", "Alice", ()),
            address="",
            topics=("job-1",),
            dialect=SSE,
            mailbox_bytes=1 << 20,
            translation=self.translation,
        )
        self.readers = Readers()
        self.subscriber.on_direct = self.readers.set_direct
        self.subscriber.attach(SocketPoller().adopt(raw, b"", 1 << 20, lambda: None))
        self.subscriber.release(0)

    def send(self, payload: bytes) -> None:
        self.readers.send(chunked(payload).framed)

    async def received(self, end: bytes = b"") -> bytes:
        """What has come up to ``end``, or until the server has closed."""
        found = b""
        while not (end and found.endswith(end)):
            data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.client, 1 << 16), 5)
            if not data:
                break
            found += data
        return found


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    found = Reader()
    yield found
    found.subscriber.close("error")
    found.client.close()


async def test_events_are_sent_directly_as_they_are_translated(reader: Reader) -> None:
    reader.send(b"a")

    assert reader.subscriber in reader.readers.direct
    assert await reader.received(b"A\r\n") == b"1\r\nA\r\n"


async def test_the_last_event_ends_the_response(reader: Reader) -> None:
    reader.send(b".")

    assert await reader.received() == b"1\r\n.\r\n0\r\n\r\n"
    assert reader.subscriber.closed == "ended"


async def test_any_other_end_cuts_the_response_of_a_client_that_cannot_resume(reader: Reader) -> None:
    reader.send(b"a")
    reader.subscriber.close("retire")

    assert await reader.received() == b"1\r\nA\r\n"


async def test_a_client_that_cannot_resume_stays_until_its_token_expires(reader: Reader) -> None:
    reader.subscriber.person = Person("1", "Alice", (), expires_at=4e9)
    reader.subscriber.ends_at = 0

    reader.subscriber.retire()

    assert not reader.subscriber.closed
    assert reader.subscriber.ends_at == 4e9


async def test_a_reader_that_is_behind_is_sent_the_rest_as_it_is_translated(reader: Reader) -> None:
    reader.send(b"a" * 300_000)
    reader.subscriber.put(chunked(b"b"))

    assert (await reader.received(b"\r\n1\r\nB\r\n")).count(b"A") == 300_000


async def test_race_what_arrives_while_a_gap_is_filled_follows_it(reader: Reader) -> None:
    reader.send(b"?")
    reader.send(b"a")
    reader.translation.known.set()

    assert await reader.received(b"A\r\n") == b"2\r\n?A\r\n"


async def test_race_an_end_while_a_gap_is_filled_is_the_last(reader: Reader) -> None:
    reader.send(b"?")
    reader.subscriber.close("revoked")
    reader.translation.known.set()

    assert await reader.received() == b""
