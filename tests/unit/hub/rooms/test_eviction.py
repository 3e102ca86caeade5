"""What is left in a process of a room that everybody has left: nothing, and the others are told."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect

from hub.delivery import fanout
from hub.log import LogAway
from hub.rooms import registry, roster
from tests.unit.hub.rooms.conftest import DEADLINE_S, Hall

NAMES = [f"chat-forgotten-{n}" for n in range(20)]


def holders() -> list[Any]:
    """Whatever in this process has an entry for one of these rooms, or for its topic."""
    sought = {*NAMES, *(f"room-{name}" for name in NAMES)}
    kept = [
        one for one in gc.get_objects() if issubclass(type(one), (dict, set)) and not sought.isdisjoint(one)
    ]
    return [one for one in kept if one is not sought]


async def come_and_go(hall: Hall, name: str) -> None:
    visitor = await hall.visit(name)
    await visitor.leave()


async def until(condition: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(what) from None


@pytest.fixture
async def hasty(make_hall: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Hall:
    """Its rooms close at once, and so before the grace of those who left them is over."""
    monkeypatch.setattr(registry, "LINGER_S", 0.02)
    monkeypatch.setattr(fanout, "LINGER_S", 0.02)
    monkeypatch.setattr(fanout, "HEAD_CHECK_S", 0.05)
    monkeypatch.setattr(roster, "GRACE_S", 0.5)
    monkeypatch.setattr(roster, "RENEW_S", 0.5)
    made: Hall = await make_hall()
    return made


async def test_a_room_that_everyone_left_is_kept_nowhere(hasty: Hall) -> None:
    for name in NAMES:
        await come_and_go(hasty, name)

    await until(lambda: not hasty.registry.rooms, "the rooms are still open")

    async with asyncio.timeout(DEADLINE_S):
        while holders():
            await come_and_go(hasty, "chat-other")  # loops still hold what they told last


async def test_a_room_that_no_one_could_open_is_forgotten_with_the_last_who_tried(
    hasty: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise LogAway("gone")

    monkeypatch.setattr(hasty.log, "read", away)
    hasty.fanout.disconnected()
    url = f"ws://127.0.0.1:{hasty.port}/rooms/{NAMES[0]}/"
    # A room that cannot be opened yet reads nothing, and so answers no close frame.
    async with connect(url, additional_headers={"Authorization": "Bearer ann"}, close_timeout=0.1) as socket:
        async with asyncio.timeout(DEADLINE_S):
            while "degraded" not in str(await socket.recv()):
                pass
        assert f"room-{NAMES[0]}" in hasty.registry.rooms

    await until(lambda: not hasty.registry.rooms, "the room is still there")


async def test_who_left_a_room_that_closed_meanwhile_is_announced_to_the_other_instances(
    hasty: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[str] = []
    visitor = await hasty.visit(NAMES[0])
    await until(lambda: bool(hasty.registry.rooms[f"room-{NAMES[0]}"].local_connections), "nobody came")
    await visitor.leave()
    await until(lambda: not hasty.registry.rooms, "the room is still open")

    monkeypatch.setattr(
        hasty.registry.signals, "send", lambda room, sender, name, body, connection: announced.append(room)
    )

    await until(lambda: announced == [f"room-{NAMES[0]}"], "nobody was told")
