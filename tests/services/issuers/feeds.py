"""A feed that is read until it ends, and never opened again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from httpx_sse import aconnect_sse

from tests.cluster.instance import Instance


class Feed:
    """What came on it, by type and data, as far as it has been read."""

    def __init__(self) -> None:
        self.received: list[tuple[str, Any]] = []
        self.ended = False
        self._changed = asyncio.Event()

    async def read(self, hub: Instance, token: str, query: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with (
                httpx.AsyncClient(timeout=60) as client,
                aconnect_sse(client, "GET", f"{hub.url}/feed/{query}", headers=headers) as source,
            ):
                async for event in source.aiter_sse():
                    self.received.append((event.event, json.loads(event.data or "null")))
                    self._changed.set()
        finally:
            self.ended = True
            self._changed.set()

    async def until(self, type: str) -> Any:
        """The data of the first event of a type."""
        async with asyncio.timeout(10):
            while not (found := [data for name, data in self.received if name == type]):
                assert not self.ended, self.received
                self._changed.clear()
                await self._changed.wait()
        return found[0]

    async def end(self) -> None:
        async with asyncio.timeout(10):
            while not self.ended:
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def feed(hub: Instance, token: str, query: str = "") -> AsyncIterator[Feed]:
    """A feed, once it is live."""
    opened = Feed()
    reading = asyncio.create_task(opened.read(hub, token, query))
    try:
        await opened.until("stream-live")
        yield opened
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


async def refused(hub: Instance, token: str) -> tuple[int, dict[str, Any], httpx.Headers]:
    """Status, problem and headers of what a feed answers to a token."""
    async with httpx.AsyncClient(timeout=20) as client:
        answer = await client.get(f"{hub.url}/feed/", headers={"Authorization": f"Bearer {token}"})
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json(), answer.headers
