"""A tab of a browser, as far as unread messages of rooms go."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx


class Tab:
    """An open feed, and what it says of unread messages by room."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self.unread: dict[str, int] = {}
        self._versions: dict[str, int] = {}  # of two numbers of a room the later one
        self.open = asyncio.Event()

    async def read(self) -> None:
        async with (
            httpx.AsyncClient(timeout=60) as client,
            client.stream("GET", f"{self._url}/feed/", headers=self._headers) as answer,
        ):
            type = ""
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    type = value
                    if type == "stream-live":
                        self.open.set()
                elif name == "data" and type == "room-unread":
                    self._take(json.loads(value))

    def _take(self, data: Any) -> None:
        for room in data["rooms"]:
            if data["version"] > self._versions.get(room["room"], 0):
                self._versions[room["room"]] = data["version"]
                self.unread[room["room"]] = room["unread"]
