"""Producers: one that streams its events in one request, over a bare connection, to be cut or answered early;
one in a process of its own, to be killed."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tests import ROOT
from tests.cluster import Cluster
from tests.system.conftest import KEY

ANSWER_S = 10.0


def line(type: str, data: Any) -> bytes:
    return json.dumps({"type": type, "data": data}).encode() + b"\n"


def token(text: str) -> bytes:
    return line("token", {"text": text})


class StreamingProducer:
    """One request with a chunked body, or one of ``length`` bytes."""

    def __init__(
        self, base: str, run: str, *, headers: Mapping[str, str] = KEY, query: str = "", length: int = 0
    ) -> None:
        parts = urlsplit(base)
        self._host, self._port = parts.hostname, parts.port
        framing = f"Content-Length: {length}" if length else "Transfer-Encoding: chunked"
        self._chunked = not length
        own = [f"{name}: {value}" for name, value in headers.items()]
        head = [
            f"POST /api/v1/runs/{run}/events{query} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Content-Type: application/x-ndjson",
            framing,
        ]
        self._head = "\r\n".join([*head, *own, "", ""]).encode()

    async def __aenter__(self) -> StreamingProducer:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        self._writer.write(self._head)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.transport.abort()

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if self._chunked else piece)
            await self._writer.drain()

    async def end(self) -> tuple[int, dict[str, Any]]:
        """End the body, and return the answer."""
        self.finish()
        return await self.answer()

    def finish(self) -> None:
        """End the body."""
        if self._chunked:
            self._writer.write(b"0\r\n\r\n")

    async def line(self) -> bytes:
        """The next line of the answer's head."""
        async with asyncio.timeout(ANSWER_S):
            return await self._reader.readline()

    async def answer(self, within_s: float = ANSWER_S) -> tuple[int, dict[str, Any]]:
        """Status and JSON of the answer."""
        async with asyncio.timeout(within_s):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: ([0-9]+)", head.lower())
            assert length is not None, head
            body = await self._reader.readexactly(int(length[1]))
        return int(head.split()[1]), json.loads(body)

    async def closed(self) -> bool:
        """Whether nothing comes after the answer but the end of the connection."""
        async with asyncio.timeout(ANSWER_S):
            return await self._reader.read() == b""


class ProducerProcess:
    """Code of the project's own in a process beside the instances, which prints a row for each thing done."""

    def __init__(self, cluster: Cluster, code: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v0", "-c", code],
            cwd=ROOT,
            env=cluster.env,
            stdout=subprocess.PIPE,
            text=True,
        )

    async def row(self) -> str:
        assert self._process.stdout is not None
        return (await asyncio.to_thread(self._process.stdout.readline)).strip()

    def kill(self) -> None:
        """As `kill -9` does."""
        self._process.kill()
        self._process.communicate()
