"""Joins, leaves, replays and live frames that meet on one socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from hub.events import Draft, stamp
from hub.ports import Entry
from hub.rooms import protocol
from hub.rooms.registry import deletion
from tests.unit.hub.rooms.carrier.conftest import Desk, Sit
from tests.unit.hub.rooms.conftest import Hall


class Gate:
    """Keeps those who would enter waiting."""

    def __init__(self, hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open = asyncio.Event()
        self.waiting = 0
        enter = hall.enter

        async def wait(*arguments: Any) -> Entry:
            self.waiting += 1
            await self.open.wait()
            return await enter(*arguments)

        monkeypatch.setattr(hall, "enter", wait)


@dataclass
class Talk:
    """Messages in chat-1: their bodies, and the position before the first."""

    bodies: list[str]
    before: str


async def talk(hall: Hall, number: int, body: str = "x") -> Talk:
    bob = await hall.visit("chat-1", "bob")
    bodies = [f"{n} {body}" for n in range(number)]
    for n, text in enumerate(["first", *bodies]):
        await bob.say(text, f"c{n}")
    await bob.until_received("said", number + 1)
    await bob.leave()
    return Talk(bodies, bob.of("said")[0]["position"])


async def test_race_a_room_is_left_and_joined_again_while_the_first_join_is_admitted(
    hall: Hall, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    talked = await talk(hall, 3)
    gate = Gate(hall, monkeypatch)
    ann = await sit()

    await ann.ask("chat-1")
    await ann.send({"type": "leave", "room": "chat-1"})
    await ann.ask("chat-1")
    await ann.until(lambda: gate.waiting == 2)
    gate.open.set()
    await ann.until(lambda: "live" in ann.types_of("chat-1"))
    await ann.say_in("chat-1", "last")
    await ann.until_said("chat-1", 5)

    assert ann.types_of("chat-1") == ["left", "welcome", *["said"] * 4, "live", "said"]
    assert ann.bodies("chat-1") == ["first", *talked.bodies, "last"]
    assert [welcome["number"] for welcome in ann.of("welcome")] == [2]
    assert len(hall.rooms.carried) == 1


async def test_race_a_room_is_left_and_joined_again_while_the_first_replay_waits_for_the_reader(
    make_hall: Callable[..., Any], sit: Sit
) -> None:
    hall = await make_hall(rates={"messages_per_s": 10_000})
    talked = await talk(hall, 60, "x" * 3000)
    ann = await sit(hall=hall)

    for _ in range(3):
        await ann.ask("chat-1", after=talked.before)
        await ann.send({"type": "leave", "room": "chat-1"})
    await ann.join("chat-1", after=talked.before)

    frames = ann.room("chat-1")
    last = max(n for n, frame in enumerate(frames) if frame["type"] == "left")
    assert [frame["type"] for frame in frames[last + 1 :]] == ["welcome", *["said"] * 60, "live"]
    assert [frame["body"] for frame in frames[last + 1 :] if frame["type"] == "said"] == talked.bodies
    assert ann.ends("chat-1") == [1000] * 3


async def test_race_what_was_sent_before_the_welcome_is_handled_after_it_in_order(
    hall: Hall, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(hall, monkeypatch)
    ann = await sit()

    await ann.ask("chat-1")
    for number in range(5):
        await ann.say_in("chat-1", number_text(number), f"c{number}")
    await ann.until(lambda: gate.waiting == 1)
    gate.open.set()
    await ann.until_said("chat-1", 5)

    assert ann.bodies("chat-1") == [number_text(number) for number in range(5)]
    assert ann.types_of("chat-1")[:2] == ["welcome", "live"]


async def test_race_too_much_before_the_welcome_is_refused(
    hall: Hall, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(hall, monkeypatch)
    ann = await sit()

    await ann.ask("chat-1")
    await ann.ask("chat-2")
    for number in range(30):
        await ann.say_in("chat-1", "x" * 3000, f"c{number}")
    await ann.until(lambda: ann.ends("chat-1") == [4429])
    gate.open.set()

    await ann.until(lambda: "live" in ann.types_of("chat-2"))
    assert "welcome" not in ann.types_of("chat-1")


async def test_race_the_socket_goes_while_a_room_is_admitted(
    hall: Hall, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(hall, monkeypatch)
    ann = await sit()
    await ann.ask("chat-1")
    await ann.until(lambda: gate.waiting == 1)

    await ann.leave()
    await until(lambda: not len(hall.rooms.connections))
    gate.open.set()

    await until(lambda: not hall.rooms._limits.entries)
    assert not len(hall.rooms.carried)


async def test_race_a_room_is_deleted_while_it_is_joined(
    hall: Hall, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = asyncio.Event()
    history = hall.registry._history

    async def wait(*arguments: Any) -> Any:
        await reading.wait()
        return await history(*arguments)

    monkeypatch.setattr(hall.registry, "_history", wait)
    ann = await sit()
    await ann.ask("chat-1")
    await until(lambda: bool(hall.registry.rooms))

    hall.log.append([deletion("room-chat-1")])
    await ann.until(lambda: ann.ends("chat-1") == [4404])
    reading.set()

    await until(lambda: not len(hall.rooms.carried))
    assert ann.types_of("chat-1") == ["left"]


async def test_race_live_frames_of_one_room_come_while_another_is_replayed(
    make_hall: Callable[..., Any], sit: Sit
) -> None:
    hall = await make_hall(rates={"messages_per_s": 10_000})
    talked = await talk(hall, 60, "x" * 3000)
    ann = await sit(hall=hall)
    bob = await hall.visit("chat-2", "bob")
    await ann.join("chat-2")

    await ann.ask("chat-1", after=talked.before)
    for number in range(50):
        await bob.say(f"live {number}", f"c{number}")

    await ann.until_said("chat-2", 50)
    await ann.until(lambda: "live" in ann.types_of("chat-1"))
    assert ann.bodies("chat-1") == talked.bodies
    assert ann.bodies("chat-2") == [f"live {number}" for number in range(50)]


async def test_race_who_is_slow_while_rooms_are_replayed_is_closed_as_a_whole(
    make_hall: Callable[..., Any], sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is held for all its rooms together counts."""
    hall = await make_hall(rates={"messages_per_s": 10_000})
    talked = await talk(hall, 60, "x" * 3000)
    reading = asyncio.Event()
    stretches = hall.rooms._replay.of

    async def wait(*arguments: Any) -> Any:
        await reading.wait()
        async for stretch in stretches(*arguments):
            yield stretch

    monkeypatch.setattr(hall.rooms._replay, "of", wait)
    monkeypatch.setattr(hall.fanout, "recent", lambda *_: None)
    ann: Desk = await sit(hall=hall)
    names = ["chat-1", "chat-2", "chat-3"]
    for name in names:
        await ann.ask(name, after=talked.before)
    await ann.until(lambda: all("welcome" in ann.types_of(name) for name in names))

    for name in names:
        hall.log.append([said(name, "x" * 3000) for _ in range(10)])

    assert await ann.until_closed() == 4001
    reading.set()


def said(name: str, body: str) -> Draft:
    content = protocol.message_body({"id": "bob", "name": "Bob"}, "c1", body, stamp())
    return Draft(f"room-{name}", "said", content)


def number_text(number: int) -> str:
    return f"{number}."


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.002)
