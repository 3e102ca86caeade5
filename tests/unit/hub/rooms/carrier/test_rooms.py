"""One socket carries many rooms, each with its own position, replay and end."""

from __future__ import annotations

import asyncio

import pytest

from hub.delivery import revocation
from hub.log import LogAway
from hub.rooms.registry import deletion
from tests.unit.hub.rooms.carrier.conftest import Sit
from tests.unit.hub.rooms.conftest import Hall


async def test_each_room_is_welcomed_replayed_and_live_by_itself(hall: Hall, sit: Sit) -> None:
    bob = await hall.visit("chat-1", "bob")
    await bob.say("before")
    await bob.until_received("said")
    ann = await sit()

    await ann.join("chat-1")
    await ann.join("chat-2")

    assert ann.types_of("chat-1") == ["welcome", "said", "live"]
    assert ann.types_of("chat-2") == ["welcome", "live"]
    assert ann.bodies("chat-1") == ["before"]
    assert [welcome["number"] for welcome in ann.of("welcome")] == [1, 2]
    assert all(isinstance(frame.get("room"), str) for frame in ann.frames)


async def test_a_carried_room_s_frames_are_those_of_its_own_socket_and_its_name(hall: Hall, sit: Sit) -> None:
    own = await hall.visit("chat-1", "bob")
    ann = await sit()
    await ann.join("chat-1")

    await ann.say_in("chat-1", {"ü": [1.5, None]})
    await ann.say_in("chat-1", "one", "c1")
    await ann.say_in("chat-1", "two", "c2")
    await own.signal("typing", True)
    await ann.send({"type": "signal", "room": "chat-1", "name": "typing", "body": 1})
    await own.until_received("signal")
    await ann.until(lambda: "signal" in ann.types_of("chat-1"))

    assert ann.of("error")[0]["room"] == "chat-1"
    assert [frame for frame in ann.room("chat-1") if frame["type"] == "said"] == own.of("said")
    assert ann.of("signal") == [
        {**own.of("signal")[0], "from": {"id": "bob", "name": "Bob"}, "body": True, "room": "chat-1"}
    ]


async def test_a_room_is_resumed_from_its_own_position(hall: Hall, sit: Sit) -> None:
    bob = await hall.visit("chat-1", "bob")
    for number in range(4):
        await bob.say(f"{number}.", f"c{number}")
    await bob.until_received("said", 4)
    ann = await sit()

    await ann.join("chat-1", after=bob.of("said")[1]["position"])

    assert ann.bodies("chat-1") == ["2.", "3."]


async def test_a_room_is_carried_twice_under_names_of_the_client_s(hall: Hall, sit: Sit) -> None:
    """As two tabs of a browser are in one room: each has its own history, and signals pass between them."""
    ann = await sit()
    await ann.ask("chat-1", **{"as": "a"})
    await ann.until(lambda: "live" in ann.types_of("a"))
    await ann.say_in("a", "one")
    await ann.until_said("a", 1)

    await ann.ask("chat-1", **{"as": "b"})
    await ann.until(lambda: "live" in ann.types_of("b"))
    await ann.send({"type": "signal", "room": "b", "name": "typing", "body": 1})
    await ann.until(lambda: "signal" in ann.types_of("a"))
    await ann.quit("a")
    await ann.say_in("b", "two", "c2")
    await ann.until_said("b", 2)

    assert ann.bodies("a") == ["one"]
    assert ann.bodies("b") == ["one", "two"]
    assert "signal" not in ann.types_of("b")
    assert ann.room("chat-1") == []


async def test_after_a_leave_nothing_more_comes_and_the_others_go_on(hall: Hall, sit: Sit) -> None:
    bob, ann = await hall.visit("chat-1", "bob"), await sit()
    await ann.join("chat-1")
    await ann.join("chat-2")

    await ann.quit("chat-1")
    await bob.say("unheard")
    await bob.until_received("said")
    await ann.say_in("chat-2", "still here")
    await ann.until_said("chat-2", 1)

    assert ann.room("chat-1")[-1] == {"type": "left", "code": 1000, "reason": "left"}
    assert ann.bodies("chat-1") == []


async def test_a_leave_is_answered_though_the_room_was_not_joined(sit: Sit) -> None:
    ann = await sit()

    await ann.quit("chat-1")

    assert ann.ends("chat-1") == [1000]


@pytest.mark.parametrize(
    ("name", "code"), [("secret", 4403), ("nowhere", 4404), ("chat-1", 4400)], ids=["403", "404", "400"]
)
async def test_a_refusal_names_the_code_of_a_socket_of_its_own(
    hall: Hall, sit: Sit, name: str, code: int
) -> None:
    ann = await sit()
    await ann.join("chat-2")

    await ann.ask(name, **({"after": "yesterday"} if code == 4400 else {}))
    await ann.until(lambda: ann.ends(name) == [code])

    assert ann.of("left")[0]["reason"]
    await ann.say_in("chat-2", "still here")
    await ann.until_said("chat-2", 1)


@pytest.mark.parametrize("who", ["", "?ticket=used"])
async def test_who_is_no_one_is_refused_as_a_whole(sit: Sit, who: str) -> None:
    ann = await sit("", query=who)

    assert await ann.until_closed() == 4401


async def test_a_position_of_the_whole_socket_is_refused(sit: Sit) -> None:
    ann = await sit(query="?after=7")

    assert await ann.until_closed() == 4400


async def test_a_ticket_opens_the_socket_and_all_its_rooms_once(hall: Hall, sit: Sit) -> None:
    hall.tickets["once"] = "ann"
    ann = await sit("", query="?ticket=once")

    await ann.join("chat-1")
    await ann.join("chat-2")
    again = await sit("", query="?ticket=once")

    assert ann.of("welcome")[1]["you"]["id"] == "ann"
    assert await again.until_closed() == 4401


async def test_a_lost_right_to_a_room_ends_it_alone(hall: Hall, sit: Sit) -> None:
    ann = await sit()
    await ann.join("chat-1")
    await ann.join("chat-2")
    first = next(one for one in hall.rooms.carried if one.topics == ("room-chat-1",))

    first.revoke(retry=True)
    await ann.until(lambda: ann.ends("chat-1") == [4003])

    await ann.say_in("chat-2", "still here")
    await ann.until_said("chat-2", 1)


@pytest.mark.parametrize(("may_return", "code"), [(False, 4401), (True, 4003)])
async def test_a_lost_right_of_the_person_closes_the_socket(
    hall: Hall, sit: Sit, may_return: bool, code: int
) -> None:
    ann = await sit()
    await ann.join("chat-1")
    hall.gone = {"ann": may_return}

    hall.log.append([revocation.recheck("ann")])

    assert await ann.until_closed() == code
    await until_empty(hall)


async def test_an_instance_that_leaves_closes_the_socket_as_a_whole(hall: Hall, sit: Sit) -> None:
    ann = await sit()
    await ann.join("chat-1")

    await hall.rooms.drain(0.2)

    assert await ann.until_closed() == 4000
    assert ann.ends("chat-1") == []


async def test_a_room_that_is_deleted_ends_with_4404(hall: Hall, sit: Sit) -> None:
    ann = await sit()
    await ann.join("chat-1")
    await ann.join("chat-2")

    hall.log.append([deletion("room-chat-1")])

    await ann.until(lambda: ann.ends("chat-1") == [4404])
    assert ann.ends("chat-2") == []


async def test_while_the_log_is_away_each_room_says_so(
    hall: Hall, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await sit()
    await ann.join("chat-1")
    await ann.join("chat-2")

    hall.fanout.disconnected()
    await ann.until(lambda: "degraded" in ann.types_of("chat-1") and "degraded" in ann.types_of("chat-2"))
    hall.fanout.restored()

    await ann.until(lambda: ann.types_of("chat-1")[-1] == ann.types_of("chat-2")[-1] == "live")
    assert all("room" in frame for frame in ann.frames)


async def test_a_message_that_cannot_be_appended_is_given_back_in_its_room(
    hall: Hall, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await sit()
    await ann.join("chat-1")

    async def away(*_: object) -> None:
        raise LogAway("gone")

    monkeypatch.setattr(hall.log, "append_if", away)
    await ann.say_in("chat-1", "into the void", "c9")
    await ann.until(lambda: "error" in ann.types_of("chat-1"))

    (error,) = ann.of("error")
    assert (error["room"], error["id"], error["reason"]) == ("chat-1", "c9", "away")


async def test_a_ping_is_answered_with_and_without_a_room(sit: Sit) -> None:
    ann = await sit()
    await ann.join("chat-1")

    await ann.send({"type": "ping"})
    await ann.send({"type": "ping", "room": "chat-1"})
    await ann.until_received("pong", 2)

    assert ann.of("pong") == [{"type": "pong"}, {"type": "pong", "room": "chat-1"}]


async def test_a_pong_with_or_without_a_room_ends_none(sit: Sit) -> None:
    ann = await sit()
    await ann.join("chat-1")

    await ann.send({"type": "pong"})
    await ann.send({"type": "pong", "room": "chat-1"})
    await ann.say_in("chat-1", "still here")
    await ann.until_said("chat-1", 1)

    assert ann.ends("chat-1") == []


async def test_who_comes_and_goes_is_told_in_the_room(hall: Hall, sit: Sit) -> None:
    ann = await sit()
    await ann.join("chat-1")

    bob = await sit("bob")
    await bob.join("chat-1")
    await ann.until(lambda: "joined" in ann.types_of("chat-1"))

    assert ann.of("joined") == [{"type": "joined", "room": "chat-1", "member": {"id": "bob", "name": "Bob"}}]


async def test_all_that_a_socket_held_is_let_go_with_it(hall: Hall, sit: Sit) -> None:
    ann = await sit()
    for number in range(5):
        await ann.join(f"chat-{number}")

    await ann.leave()

    await until_empty(hall)


async def until_empty(hall: Hall) -> None:
    async with asyncio.timeout(10):
        while len(hall.rooms.carried) or len(hall.rooms.connections):
            await asyncio.sleep(0.002)
    assert all(not room.connections for room in hall.registry.rooms.values())
    assert hall.rooms._limits.entries == 0
    assert all(not len(state) for state in hall.fanout.topics.values())
