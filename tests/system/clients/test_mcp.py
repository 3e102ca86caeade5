"""The MCP SDK, as published: a client whose stream is cut goes on at another process of the server."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from functools import partial

import httpx
import pytest
from mcp.client import Client

from tests import ROOT
from tests.cluster import Cluster
from tests.cluster.ports import HOST, Ports
from tests.system.clients.conftest import PROGRAMS
from tests.system.clients.relay import Relay
from tests.system.reader import until

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "clients" / "python")}
PADDING = 20_000  # characters of a message: more than an event takes


@pytest.fixture(scope="module")
def servers(cluster: Cluster) -> Iterator[list[int]]:
    """The ports of two processes, each over another instance of the hub."""
    program = str(PROGRAMS / "mcp_server.py")
    ports = [Ports.free(0).http for _ in range(2)]
    processes = [
        subprocess.Popen([sys.executable, program, str(port), cluster.instance_url(k)], env=ENVIRONMENT)
        for k, port in enumerate(ports)
    ]
    try:
        yield ports
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.fixture
async def relay(servers: list[int]) -> AsyncIterator[Relay]:
    """In front of the first."""
    for port in servers:
        await until(partial(answers, port), "a server")
    with Relay(servers[0]).serving() as relay:
        yield relay


async def test_a_stream_that_was_cut_goes_on_at_another_process(servers: list[int], relay: Relay) -> None:
    url = f"http://{HOST}:{relay.port}/mcp/"
    async with Client(url, mode="legacy") as one, Client(url, mode="legacy") as other:
        for client in (one, other):
            await client.list_tools()  # which the SDK would ask the other process for
        counts = [Count(one, 0), Count(other, 1000)]
        await until(lambda: all(len(count.numbers) > 3 for count in counts), "some numbers")

        relay.target = servers[1]
        relay.reset()

        results = await asyncio.wait_for(asyncio.gather(*(count.result for count in counts)), 20)
        relay.target = servers[0]

    assert results == ["counted", "counted"]
    assert [count.numbers for count in counts] == [list(range(30)), list(range(1000, 1030))]


class Count:
    """A call of the tool, with the numbers it has told so far."""

    def __init__(self, client: Client, first: int) -> None:
        self.numbers: list[int] = []
        self.result = asyncio.create_task(self._call(client, first))

    async def _call(self, client: Client, first: int) -> str:
        given = {"first": first, "last": first + 29, "padding": PADDING}
        answer = await client.call_tool("count", given, progress_callback=self._progress)
        (content,) = answer.content
        assert content.type == "text"
        return content.text

    async def _progress(self, progress: float, total: float | None, message: str | None) -> None:
        assert message == "ü" * PADDING
        self.numbers.append(int(progress))


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}/mcp/", timeout=2).status_code < 500
    except httpx.TransportError:
        return False
