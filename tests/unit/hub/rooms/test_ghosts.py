"""A client that is gone behind a proxy which answers pings for it does not stay in the room."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.hub.rooms.conftest import Visitor


async def answer(visitor: Visitor, until: Callable[[], bool]) -> None:
    """Answer pings among the frames as a page does."""
    answered = 0
    while not until():
        if len(visitor.of("ping")) > answered:
            answered += 1
            await visitor.send({"type": "pong"})
        await asyncio.sleep(0.01)


async def test_who_answered_once_and_then_no_more_is_closed(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(limits={"heartbeat_s": 0.2})
    ann = await hall.visit()

    await ann.send({"type": "pong"})  # from here on its library answers, and it does not

    assert await ann.until_closed() == 4408
    assert ann.of("ping")


async def test_who_goes_on_answering_stays(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(limits={"heartbeat_s": 0.2})
    ann = await hall.visit()
    await ann.send({"type": "pong"})
    until = time.monotonic() + 2

    await answer(ann, lambda: time.monotonic() > until)

    await ann.say("still here")
    await ann.until_received("said")


async def test_who_never_answered_is_asked_nothing(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(limits={"heartbeat_s": 0.2})
    ann = await hall.visit()
    until = time.monotonic() + 1.5

    await ann.until(lambda: time.monotonic() > until)

    assert ann.of("ping") == []
    assert not ann.closed


@pytest.mark.parametrize("frame", [{"type": "pong", "id": 1}, {"type": "pongs"}])
async def test_what_is_no_answer_is_malformed(make_hall: Callable[..., Any], frame: Any) -> None:
    ann = await (await make_hall()).visit()

    await ann.send(frame)

    assert await ann.until_closed() == 4400
