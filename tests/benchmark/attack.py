"""What a hostile member and forty hostile strangers do at once, until standard input ends.

A program of its own, at addresses of its own:

    python -m tests.benchmark.attack PORT ROOM TOKEN

It prints a line of JSON with what it got through when it stops.
"""

from __future__ import annotations

import asyncio
import json
import os
import struct
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import cycle, islice

from tests.cluster.ports import HOST

SOCKETS = 1_000  # of the member
STRANGERS = 40
PAUSE_S = 0.05  # after a connection was refused or cut
PATIENCE_S = 5.0

TEXT, CONTINUATION, PING = 1, 0, 9

done: Counter[str] = Counter()


def main() -> None:
    port, room, token = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    os.nice(19)  # whoever is measured shares our core
    with suppress(KeyboardInterrupt):
        asyncio.run(_attack(port, room, token))
    print(json.dumps(done), flush=True)


async def _attack(port: int, room: str, token: str) -> None:
    members = [
        _again(f"member: {kind.__name__}", kind, port, "127.0.0.2", _handshake(room, token))
        for kind in islice(cycle(FLOODS), SOCKETS)
    ]
    strangers = [
        _again(f"stranger: {name}", _ask, port, f"127.0.1.{number}", request)
        for number, (name, request) in enumerate(islice(cycle(REQUESTS), STRANGERS), start=1)
    ]
    tasks = [asyncio.create_task(one) for one in [*members, *strangers]]
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _again(
    name: str,
    act: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    port: int,
    address: str,
    opening: bytes,
) -> None:
    while True:
        with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            reader, writer = await asyncio.open_connection(HOST, port, local_addr=(address, 0))
            done[name] += 1
            try:
                writer.write(opening)
                async with asyncio.timeout(PATIENCE_S):
                    await act(reader, writer)
            finally:
                writer.transport.abort()
        await asyncio.sleep(PAUSE_S)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frames: bytes) -> None:
    """Send the same frames until we are cut; what we are told is read, or we would count as slow."""
    await reader.readuntil(b"\r\n\r\n")
    drain = asyncio.create_task(_throw_away(reader))
    try:
        while not drain.done():
            writer.write(frames)
            await writer.drain()
    finally:
        drain.cancel()


async def _throw_away(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass


async def large_frames(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    body = [{"a": 0}] * 6_500  # costs a parser a call an object
    text = json.dumps({"type": "signal", "name": "typing", "body": body}, separators=(",", ":"))
    await _pour(reader, writer, _frame(TEXT, text.encode()))


async def large_messages(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    text = json.dumps({"type": "say", "id": "x", "body": "x" * 60_000})
    await _pour(reader, writer, _frame(TEXT, text.encode()))


async def pings(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _pour(reader, writer, _frame(PING) * 1_000)


async def json_pings(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _pour(reader, writer, _frame(TEXT, b'{"type":"ping"}') * 500)


async def empty_fragments(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _pour(reader, writer, _frame(TEXT, b'"', last=False) + _frame(CONTINUATION, last=False) * 5_000)


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await writer.drain()
    await reader.read(65536)


FLOODS = (large_frames, large_messages, pings, json_pings, empty_fragments)


def _request(line: str, *headers: str, body: bytes = b"") -> bytes:
    head = "\r\n".join([f"{line} HTTP/1.1", f"Host: {HOST}", *headers])
    return f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


REQUESTS = (
    ("bodies", _request("POST /api/v1/events", "Content-Type: application/json", body=b" " * (8 << 20))),
    ("cookies", _request("GET /feed/", 'Cookie: sessionid="\\000abcdefgh"')),
    ("OpenAPI", _request("GET /api/openapi.json")),
    ("headers", _request("GET /", *(f"X-{k}: {'x' * 7_000}" for k in range(5)))),
)


def _handshake(room: str, token: str) -> bytes:
    return (
        f"GET /rooms/{room}/ HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()


def _frame(opcode: int, payload: bytes = b"", *, last: bool = True) -> bytes:
    """A client's frame; a mask of zeros is a mask too."""
    first, size = (0x80 if last else 0) | opcode, len(payload)
    head = (
        struct.pack("!BB", first, 0x80 | size) if size < 126 else struct.pack("!BBH", first, 0x80 | 126, size)
    )
    return head + bytes(4) + payload


if __name__ == "__main__":
    main()
