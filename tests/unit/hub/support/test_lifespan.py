"""The hub's lifespan composes with that of an application beside it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.support.asgi import ASGIApplication
from hub.support.lifespan import Lifespan

SCOPE: dict[str, Any] = {"type": "lifespan", "asgi": {"version": "3.0"}}


async def served(other: Any, log: list[str], *messages: str) -> list[str]:
    """The types of what the server is sent, for these messages of its."""

    async def start() -> None:
        log.append("hub started")

    async def stop() -> None:
        log.append("hub stopped")

    waiting = iter([{"type": message} for message in messages])
    sent: list[str] = []

    async def receive() -> Any:
        return next(waiting)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    application: ASGIApplication | None = other
    async with asyncio.timeout(5):
        await Lifespan(start, stop, application)(SCOPE, receive, send)
    return sent


def pool(log: list[str], fails: str = "") -> Any:
    """An application with something to open and to close."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            name = message["type"]
            log.append(name)
            await send({"type": f"{name}.{'failed' if name == fails else 'complete'}"})
            if name in (fails, "lifespan.shutdown"):
                return

    return application


async def without(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("only http here")


async def returning(scope: Any, receive: Any, send: Any) -> None:
    return None


@pytest.mark.parametrize("other", [None, without, returning])
async def test_the_hub_starts_and_stops_without_another_lifespan(other: Any) -> None:
    log: list[str] = []

    sent = await served(other, log, "lifespan.startup", "lifespan.shutdown")

    assert log == ["hub started", "hub stopped"]
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_the_other_is_open_for_as_long_as_the_hub_runs() -> None:
    log: list[str] = []

    sent = await served(pool(log), log, "lifespan.startup", "lifespan.shutdown")

    assert log == ["lifespan.startup", "hub started", "hub stopped", "lifespan.shutdown"]
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_an_other_that_cannot_start_stops_the_start() -> None:
    log: list[str] = []

    sent = await served(pool(log, "lifespan.startup"), log, "lifespan.startup")

    assert (log, sent) == (["lifespan.startup"], ["lifespan.startup.failed"])
