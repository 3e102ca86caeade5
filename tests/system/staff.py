"""Somebody signed in as staff: posts the dashboard's forms, and listens to what staff are told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import httpx
from httpx_sse import aconnect_sse


class Staff:
    """By session, as the browser is; its feed comes back after a failure."""

    def __init__(self, url: str, username: str = "admin") -> None:
        self._username = username
        self.client = httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(10, read=30))
        self._listening: list[asyncio.Task[None]] = []
        self.received: list[tuple[str, Any]] = []  # of the log: an event's type and its data
        self.refused: list[int] = []  # statuses

    async def __aenter__(self) -> Self:
        await self.client.get("/accounts/login/")
        answer = await self.post("/accounts/login/", username=self._username, password="demo")
        assert answer.status_code == 302, answer.text
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._listening:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.client.aclose()

    async def look(self, topic: str) -> httpx.Response:
        """The answer to a feed that is refused."""
        return await self.client.get("/feed/", params={"own": "0", "topic": topic})

    async def status(self, address: str) -> int:
        """Of the answer to an address, as it stands."""
        return (await self.client.get(address)).status_code

    async def page(self, address: str) -> str:
        """The text of a page."""
        answer = await self.client.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def post(self, path: str, **form: str) -> httpx.Response:
        headers = {"X-CSRFToken": self.client.cookies["csrftoken"]}
        return await self.client.post(path, data=form, headers=headers)

    async def call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer of the API to a body in JSON."""
        headers = {"X-CSRFToken": self.client.cookies["csrftoken"]}
        answer = await self.client.post(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def listen(self, *topics: str) -> None:
        self._listening.append(asyncio.create_task(self._listen(topics)))

    def of(self, type: str) -> list[Any]:
        return [data for name, data in self.received if name == type]

    async def _listen(self, topics: Sequence[str]) -> None:
        params = [("own", "0"), *(("topic", topic) for topic in topics)]
        while True:
            await asyncio.sleep(0.1)
            with suppress(httpx.HTTPError):
                async with aconnect_sse(self.client, "GET", "/feed/", params=params) as source:
                    if source.response.status_code != 200:
                        self.refused.append(source.response.status_code)
                        continue
                    async for event in source.aiter_sse():
                        if event.data and not event.event.startswith("stream-") and event.event != "retire":
                            self.received.append((event.event, json.loads(event.data)["data"]))
