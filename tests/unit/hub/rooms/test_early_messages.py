"""Messages that are sent before the room was entered are handled afterwards, and cannot pile up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.unit.hub.rooms.conftest import Hall, Visitor


def enter(hall: Hall) -> connect:
    return connect(
        f"ws://127.0.0.1:{hall.port}/rooms/chat-1/",
        additional_headers={"Authorization": "Bearer ann"},
        compression=None,
    )


@pytest.fixture
async def held(make_hall: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> tuple[Hall, asyncio.Event]:
    """Rooms that nobody enters before the event is set."""
    hall: Hall = await make_hall()
    entering, real = asyncio.Event(), hall.registry.enter

    async def wait(*given: Any) -> Any:
        await entering.wait()
        return await real(*given)

    monkeypatch.setattr(hall.registry, "enter", wait)
    return hall, entering


async def say(socket: ClientConnection, id: str, body: str) -> None:
    await socket.send(json.dumps({"type": "say", "id": id, "body": body}))


async def test_they_are_handled_in_order(held: tuple[Hall, asyncio.Event]) -> None:
    hall, entering = held
    async with enter(hall) as socket:
        ann = Visitor(socket)
        for id in ("c1", "c2", "c3"):
            await say(socket, id, id)
        entering.set()

        await ann.until(lambda: ann.messages == ["c1", "c2", "c3"])


async def test_a_client_that_leaves_before_is_forgotten(held: tuple[Hall, asyncio.Event]) -> None:
    hall, _ = held
    async with enter(hall) as socket:
        await say(socket, "c1", "hello")
        async with asyncio.timeout(10):
            while not len(hall.rooms.connections):
                await asyncio.sleep(0.01)
        socket.transport.abort()

    async with asyncio.timeout(10):
        while len(hall.rooms.connections):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("transport", ["asgi"], indirect=True)
async def test_too_much_of_them_closes_with_4429(held: tuple[Hall, asyncio.Event]) -> None:
    hall, _ = held
    async with enter(hall) as socket:
        ann = Visitor(socket)
        with suppress(ConnectionClosed):
            for number in range(1000):
                await say(socket, f"c{number}", "x" * 1000)

        assert await ann.until_closed() == 4429
