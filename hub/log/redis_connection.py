"""A connection to Redis whose replies are read as they come, for `hub.log.redis_subscription`.

redis-py is made for one reply per command: its ``read_response()`` takes 4.8 µs of CPU per message, a stream
with hiredis, the parser that redis-py uses itself, 0.7 (redis-py 8.1, 2026-11-30, by turns in one run).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import hiredis
from redis.asyncio.connection import SSLConnection, UnixDomainSocketConnection, parse_url

from hub.log.redis_client import TIMEOUT_S

MAX_READ_BYTES = 256 * 1024  # at once
PORT = 6379

pack: Any = hiredis.pack_command  # its stub knows commands of one word


class RedisConnection:
    """RESP2, authenticated. It belongs to one event loop; make it with `connect`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._parser = hiredis.Reader()

    @classmethod
    async def connect(cls, url: str) -> RedisConnection:
        """Open what a URL of redis-py means, with its TLS options, user and password.

        Raises `OSError`, as the other methods do; `TimeoutError` after `TIMEOUT_S`.
        """
        options: Any = parse_url(url)
        async with asyncio.timeout(TIMEOUT_S):
            connection = cls(*await _streams(options))
            try:
                if credentials := [options[part] for part in ("username", "password") if options.get(part)]:
                    await connection.send("AUTH", *credentials)
                    await connection.receive()
            except BaseException:
                connection.close()
                raise
        return connection

    @property
    def ended(self) -> bool:
        """Whether one of the two sides has closed it."""
        return self._writer.is_closing()

    async def send(self, *command: Any) -> None:
        self.write(pack(command))
        await self._writer.drain()

    def write(self, packed: bytes) -> None:
        """Send commands that `pack` made; nothing waits for the kernel to take them."""
        self._writer.write(packed)

    async def receive(self) -> list[Any]:
        """Wait for the next replies, one at least: lists of bytes, or bytes.

        Raises `ConnectionError` for an error reply and at the end of the connection, `hiredis.ProtocolError`
        for what is not RESP.
        """
        replies: list[Any] = []
        while not replies:
            data = await self._reader.read(MAX_READ_BYTES)
            if not data:
                raise ConnectionError("Redis closed the connection")
            self._parser.feed(data)
            while (reply := self._parser.gets()) is not False:
                if isinstance(reply, hiredis.ReplyError):
                    raise ConnectionError(f"Redis refuses: {reply}")
                replies.append(reply)
        return replies

    def receive_with(self, protocol: asyncio.Protocol) -> None:
        """Have a protocol called with the data of all further replies, instead of `receive`."""
        self._writer.transport.set_protocol(protocol)

    def close(self) -> None:
        """At once, whatever waits to be sent: the other side may be frozen."""
        self._writer.transport.abort()


async def _streams(options: dict[str, Any]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if options.get("connection_class") is UnixDomainSocketConnection:
        return await asyncio.open_unix_connection(options["path"])
    reader, writer = await asyncio.open_connection(
        options.get("host", "localhost"), options.get("port", PORT), ssl=_tls(options)
    )
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return reader, writer


def _tls(options: dict[str, Any]) -> ssl.SSLContext | None:
    if options.get("connection_class") is not SSLConnection:
        return None
    given = {name: value for name, value in options.items() if name.startswith("ssl_")}
    return SSLConnection(**given).ssl_context.get()
