"""What goes wrong in one room ends that room; what goes wrong on the socket ends the socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from hub.rooms.carrier import frame_handler
from tests.unit.hub.rooms.carrier.conftest import Sit
from tests.unit.hub.rooms.conftest import Hall, socket_only

pytestmark = socket_only

MALFORMED: list[dict[str, Any]] = [
    {"type": "shout"},
    {"type": "say", "id": "c1"},
    {"type": "say", "id": "", "body": "x"},
    {"type": "signal", "name": "No", "body": 1},
    {"type": "ping", "extra": 1},
    {"type": "leave", "extra": 1},
    {"type": "join", "after": None},
    {"type": ["join"]},
    {},
]
OF_NO_ROOM = ["", "{", "[]", '{"type":"join"}', '{"type":"join","room":7}', '{"type":"join","room":""}']


async def test_a_malformed_frame_of_a_room_ends_it_with_4400_and_the_others_go_on(sit: Sit) -> None:
    ann = await sit()
    await ann.join("chat-2")

    for number, frame in enumerate(MALFORMED):
        await ann.join("chat-1")
        await ann.send({"room": "chat-1", **frame})
        await ann.until(lambda: len(ann.ends("chat-1")) == number + 1)  # noqa: B023

    assert set(ann.ends("chat-1")) == {4400}
    await ann.say_in("chat-2", "still here")
    await ann.until_said("chat-2", 1)


async def test_a_frame_of_no_room_closes_the_socket_with_4400(sit: Sit) -> None:
    for text in OF_NO_ROOM:
        ann = await sit()
        await ann.join("chat-1")

        await ann.socket.send(text)

        assert await ann.until_closed() == 4400


async def test_a_binary_frame_without_a_number_closes_the_socket_with_4400(sit: Sit) -> None:
    ann = await sit()

    await ann.socket.send(b"\0")

    assert await ann.until_closed() == 4400


async def test_binary_in_a_room_of_text_ends_that_room(sit: Sit) -> None:
    ann = await sit()
    await ann.join("chat-1")
    await ann.join("chat-2")

    await ann.socket.send(b"\0\1bytes")

    await ann.until(lambda: ann.ends("chat-1") == [4400])
    assert ann.ends("chat-2") == []


async def test_a_message_for_a_room_that_is_not_joined_is_given_back(sit: Sit) -> None:
    ann = await sit()

    await ann.say_in("chat-1", "hello?", "c7")
    await ann.send({"type": "signal", "room": "chat-1", "name": "typing", "body": 1})
    await ann.until_received("error", 2)

    assert [(e["room"], e["id"], e["reason"]) for e in ann.of("error")] == [
        ("chat-1", "c7", "not-joined"),
        ("chat-1", None, "not-joined"),
    ]


async def test_a_room_is_carried_once(sit: Sit) -> None:
    ann = await sit()
    await ann.join("chat-1")

    await ann.ask("chat-1")
    await ann.until_received("error")
    await ann.say_in("chat-1", "once")
    await ann.until_said("chat-1", 1)

    assert ann.of("error")[0]["reason"] == "already-joined"
    assert ann.bodies("chat-1") == ["once"]


async def test_a_socket_carries_so_many_rooms_and_no_more(
    hall: Hall, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_handler, "MAX_ROOMS", 2)
    ann = await sit()
    await ann.join("chat-1")
    await ann.join("chat-2")

    await ann.ask("chat-3")
    await ann.until(lambda: ann.ends("chat-3") == [4429])
    await ann.quit("chat-1")

    await ann.join("chat-3")


async def test_joins_are_counted_against_a_rate_and_the_rooms_stay(sit: Sit) -> None:
    ann = await sit()
    await ann.join("chat-1")

    for number in range(250):
        await ann.ask(f"nowhere-{number}")
    await ann.until(lambda: 4429 in [end["code"] for end in ann.of("left")])

    await ann.say_in("chat-1", "still here")
    await ann.until_said("chat-1", 1)


async def test_who_speaks_too_fast_in_a_room_is_out_of_that_room(
    make_hall: Callable[..., Any], sit: Sit
) -> None:
    hall = await make_hall(rates={"messages_per_s": 5})
    ann = await sit(hall=hall)
    await ann.join("chat-1")
    await ann.join("chat-2")

    for number in range(30):
        await ann.say_in("chat-1", "quick", f"c{number}")

    await ann.until(lambda: ann.ends("chat-1") == [4429])
    assert ann.ends("chat-2") == []


async def test_rooms_count_as_live_topics_of_their_person_and_the_socket_as_one_connection(
    hall: Hall, sit: Sit
) -> None:
    ann = await sit()
    await ann.join("chat-1")
    await ann.join("chat-2")
    counted = hall.rooms._limits.usage("ann")
    await ann.quit("chat-1")

    assert (counted.connections, counted.topics) == (1, 2)
    async with asyncio.timeout(10):
        while hall.rooms._limits.usage("ann").topics != 1:
            await asyncio.sleep(0.002)


async def test_over_the_limit_of_live_topics_a_room_is_refused(hall: Hall, sit: Sit) -> None:
    hall.rooms._limits._topics_per_user = 1
    ann = await sit()
    await ann.join("chat-1")

    await ann.ask("chat-2")

    await ann.until(lambda: ann.ends("chat-2") == [4429])
    assert ann.ends("chat-1") == []


@pytest.mark.parametrize("error", [RuntimeError, TimeoutError])
async def test_what_fails_while_a_room_is_entered_says_come_back_to_that_room(
    hall: Hall, sit: Sit, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    ann = await sit()
    await ann.join("chat-1")

    async def fail(*_: object) -> Any:
        raise error("password=hunter2")

    monkeypatch.setattr(hall, "enter", fail)
    await ann.ask("chat-2")
    await ann.until(lambda: ann.ends("chat-2") == [4002])

    assert "hunter2" not in str(ann.frames)
    assert ann.ends("chat-1") == []
