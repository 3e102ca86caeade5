from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.unit.hub.rooms.conftest import Hall, Visitor, make_hall, transport

__all__ = ["make_hall", "transport"]


class Desk(Visitor):
    """A client on a socket that carries many rooms."""

    def room(self, name: str) -> list[dict[str, Any]]:
        """What was received of a room, in order, without its name."""
        return [
            {key: value for key, value in frame.items() if key != "room"}
            for frame in self.frames
            if frame.get("room") == name
        ]

    def types_of(self, name: str) -> list[str]:
        return [frame["type"] for frame in self.room(name)]

    def bodies(self, name: str) -> list[Any]:
        return [frame["body"] for frame in self.room(name) if frame["type"] == "said"]

    def ends(self, name: str) -> list[int]:
        """The codes with which memberships ended."""
        return [frame["code"] for frame in self.room(name) if frame["type"] == "left" and "code" in frame]

    async def ask(self, name: str, **more: Any) -> None:
        """Send `join` and wait for nothing."""
        await self.send({"type": "join", "room": name, **more})

    async def join(self, name: str, **more: Any) -> None:
        times = self.types_of(name).count("live")
        await self.ask(name, **more)
        await self.until(lambda: self.types_of(name).count("live") > times)

    async def quit(self, name: str) -> None:
        times = len(self.ends(name))
        await self.send({"type": "leave", "room": name})
        await self.until(lambda: len(self.ends(name)) > times)

    async def say_in(self, name: str, body: Any, id: str = "c1") -> None:
        await self.send({"type": "say", "room": name, "id": id, "body": body})

    async def until_said(self, name: str, number: int) -> None:
        await self.until(lambda: len(self.bodies(name)) >= number)


Sit = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def sit(hall: Hall) -> AsyncIterator[Sit]:
    """Opens a socket for many rooms."""
    async with AsyncExitStack() as stack:

        async def sit(who: str = "ann", hall: Hall = hall, query: str = "") -> Desk:
            headers = {"Authorization": f"Bearer {who}"} if who else {}
            url = f"ws://127.0.0.1:{hall.port}/rooms/{query}"
            desk = Desk(await connect(url, additional_headers=headers, compression=None, max_queue=None))
            stack.push_async_callback(desk.leave)
            return desk

        yield sit
