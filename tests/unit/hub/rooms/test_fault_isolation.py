"""A room, or a person, that fails is noted; the other rooms are seen to, and the loops go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from hub.rooms import roster
from hub.rooms.room import Room
from tests.unit.hub.rooms.conftest import Hall


@pytest.fixture
async def hall(make_hall: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Hall:
    monkeypatch.setattr(roster, "COUNT_EVERY_S", 0.02)
    made: Hall = await make_hall()
    return made


async def test_a_room_whose_roster_fails_does_not_affect_that_of_others(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = Room.set_people

    def fail(room: Room, people: dict[str, str]) -> None:
        if room.name == "chat-bad":
            raise ZeroDivisionError
        present(room, people)

    monkeypatch.setattr(Room, "set_people", fail)
    bad, ann = await hall.visit("chat-bad", "bad"), await hall.visit()
    await hall.presence.renew({"room-chat-1": {"far": "Far"}}, 40)  # on another instance

    hall.registry.roster.refresh(["room-chat-bad", "room-chat-1"])

    await ann.until(lambda: "far" in [frame["member"]["id"] for frame in ann.of("joined")])
    await bad.send({"type": "ping"})
    await bad.until_received("pong")


async def test_a_room_whose_presence_fails_does_not_affect_that_of_others(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew = hall.presence.renew

    async def fail(here: Mapping[str, Mapping[str, str]], seconds: float = 40) -> None:
        if "room-chat-bad" in here:
            raise ZeroDivisionError
        await renew(here, seconds)

    monkeypatch.setattr(hall.presence, "renew", fail)
    await hall.visit("chat-bad", "bad")
    ann = await hall.visit()
    await renew({"room-chat-1": {"far": "Far"}}, 40)

    hall.registry.roster.refresh(["room-chat-bad", "room-chat-1"])

    await ann.until(lambda: "far" in [frame["member"]["id"] for frame in ann.of("joined")])


async def test_a_leaving_that_fails_does_not_keep_others_from_leaving(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster, "GRACE_S", 0.05)
    leave = hall.presence.leave

    async def fail(room: str, person: str, grace_s: float = 10) -> None:
        if person == "bad":
            raise ZeroDivisionError
        await leave(room, person, grace_s)

    monkeypatch.setattr(hall.presence, "leave", fail)
    ann = await hall.visit()
    bad, bob = await hall.visit(who="bad"), await hall.visit(who="bob")
    await ann.until_received("joined", 2)

    await bad.leave()
    await bob.leave()

    await ann.until(lambda: "bob" in [frame["member"]["id"] for frame in ann.of("left")])


async def test_a_room_that_cannot_be_counted_leaves_the_loop_alive(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []

    def count(room: Room) -> None:
        if room.name == "chat-bad":
            raise ZeroDivisionError
        counted.append(room.name)

    monkeypatch.setattr(Room, "announce_count", count)
    await hall.visit("chat-bad", "bad")
    ann = await hall.visit()

    await ann.until(lambda: len(counted) > 2)


async def test_a_last_value_that_cannot_be_stored_does_not_lose_the_others(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = hall.presence.keep_last_value

    async def fail(room: str, name: str, person: str, data: bytes, ttl_s: float = 3600) -> None:
        if person == "bad":
            raise ZeroDivisionError
        await keep(room, name, person, data, ttl_s)

    monkeypatch.setattr(hall.presence, "keep_last_value", fail)
    bad, ann = await hall.visit("device-1", "bad"), await hall.visit("device-1")

    await bad.signal("telemetry", 1)
    await ann.signal("telemetry", 2)

    kept: list[Any] = []
    while not kept:
        kept = await hall.presence.last_values("room-device-1")
        await ann.send({"type": "ping"})
        await ann.until_received("pong", ann.types.count("pong") + 1)
    assert [last.person for last in kept] == ["ann"]
