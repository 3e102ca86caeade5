"""What is said in a room, as its members hear it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.hub.rooms.conftest import Hall


async def test_a_newcomer_is_welcomed_and_then_live(hall: Hall) -> None:
    ann = await hall.visit()

    assert ann.types == ["welcome", "live"]
    welcome = ann.frames[0]
    assert welcome["room"] == "chat-1"
    assert welcome["you"] == {"id": "ann", "name": "Ann"}
    assert welcome["members"] == [{"id": "ann", "name": "Ann"}]
    assert welcome["position"].isdigit()


async def test_a_message_is_received_by_everyone_and_acknowledges_itself(hall: Hall) -> None:
    ann = await hall.visit()
    bob = await hall.visit(who="bob")

    await ann.say("hello", id="c7")

    for visitor in (ann, bob):
        await visitor.until_received("said")
        (frame,) = visitor.of("said")
        assert frame["body"] == "hello"
        assert frame["id"] == "c7"
        assert frame["from"] == {"id": "ann", "name": "Ann"}


async def test_all_receive_the_same_order(hall: Hall) -> None:
    visitors = [await hall.visit(who=f"p{number}") for number in range(5)]

    for number in range(20):
        for visitor in visitors:
            await visitor.say(f"{number}", id=f"c{number}")

    for visitor in visitors:
        await visitor.until_received("said", 100)
    sequences = {tuple(frame["position"] for frame in visitor.of("said")) for visitor in visitors}
    assert len(sequences) == 1


async def test_a_message_sent_again_is_not_published_twice(hall: Hall) -> None:
    ann = await hall.visit()
    await ann.say("once", id="c1")
    await ann.until_received("said")

    back = await hall.visit(query=f"?after={ann.of('said')[0]['position']}")
    await back.say("once", id="c1")
    await back.until_received("said")
    await back.say("then", id="c2")
    await ann.until(lambda: ann.messages[-1:] == ["then"])

    assert ann.messages == ["once", "then"]
    assert back.of("said")[0]["position"] == ann.of("said")[0]["position"]


async def test_a_person_who_comes_back_receives_what_came_after_their_position(hall: Hall) -> None:
    ann = await hall.visit()
    bob = await hall.visit(who="bob")
    await ann.say("first", id="c1")
    await bob.until_received("said")
    await bob.leave()
    await ann.say("second", id="c2")
    await ann.until_received("said", 2)

    back = await hall.visit(who="bob", query=f"?after={bob.of('said')[0]['position']}")

    assert back.messages == ["second"]
    assert back.types == ["welcome", "said", "live"]


async def test_a_newcomer_is_given_the_history(hall: Hall) -> None:
    ann = await hall.visit()
    for number in range(60):
        await ann.say(f"line {number}", id=f"c{number}")
    await ann.until_received("said", 60)

    bob = await hall.visit(who="bob")

    assert bob.messages == [f"line {number}" for number in range(10, 60)]


async def test_a_message_the_kind_does_not_accept_is_refused_with_a_reason(hall: Hall) -> None:
    ann = await hall.visit()

    await ann.say("   ", id="blank")

    await ann.until_received("error")
    (error,) = ann.of("error")
    assert (error["id"], error["reason"]) == ("blank", "not-text")


async def test_of_two_bids_at_once_the_lower_is_refused_wherever_it_came(hall: Hall) -> None:
    ann = await hall.visit("auction-1")
    bob = await hall.visit("auction-1", who="bob")

    for cents in range(1, 30):
        await ann.say({"bid": cents}, id=f"a{cents}")
        await bob.say({"bid": cents}, id=f"b{cents}")

    await ann.until(lambda: len(ann.of("said")) + len(ann.of("error")) + len(bob.of("error")) == 58)
    bids = [message["bid"] for message in ann.messages]
    assert bids == sorted(set(bids))
    assert max(bids) == 29


async def test_a_signal_the_kind_does_not_accept_is_refused_with_an_error_without_an_id(hall: Hall) -> None:
    ann = await hall.visit("board-1")

    await ann.signal("typing", True)

    await ann.until_received("error")
    assert [(error["id"], error["reason"]) for error in ann.of("error")] == [(None, "unknown-signal")]


async def test_a_signal_reaches_the_others_and_not_its_sender(hall: Hall) -> None:
    ann = await hall.visit()
    bob = await hall.visit(who="bob")

    await ann.signal("typing", True)

    await bob.until_received("signal")
    assert bob.of("signal") == [
        {"type": "signal", "name": "typing", "from": {"id": "ann", "name": "Ann"}, "body": True}
    ]
    assert ann.of("signal") == []


async def test_binary_frames_are_relayed_where_the_kind_says_so(hall: Hall) -> None:
    ann = await hall.visit("binary-1")
    bob = await hall.visit("binary-1", who="bob")

    await ann.socket.send(b"\x00\x01\xff")

    await bob.until(lambda: bob.binary == [b"\x00\x01\xff"])


async def test_a_ping_is_answered(hall: Hall) -> None:
    ann = await hall.visit()

    await ann.send({"type": "ping"})

    await ann.until_received("pong")


async def test_joining_and_leaving_is_announced_once_per_person(hall: Hall) -> None:
    ann = await hall.visit()
    await hall.visit(who="bob")
    await hall.visit(who="bob")

    await ann.until_received("joined")
    await ann.send({"type": "ping"})
    await ann.until_received("pong")

    assert ann.of("joined") == [{"type": "joined", "member": {"id": "bob", "name": "Bob"}}]


async def test_rows_that_cannot_be_read_do_not_keep_anybody_out(hall: Hall) -> None:
    hall.rows_away = True

    ann = await hall.visit()
    await ann.say("in all the same", id="c1")

    await ann.until_received("said")


async def test_messages_are_to_be_stored(hall: Hall) -> None:
    ann = await hall.visit()

    await ann.say("keep me", id="c1")

    await ann.until_received("said")
    assert hall.kept == ["room-chat-1"]


async def test_a_message_sent_during_an_entry_is_received_once(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await hall.visit()
    enter = hall.registry.enter

    async def dawdle(*given: Any) -> Any:
        room = await enter(*given)
        await ann.say("while bob was on his way", id="c1")
        await ann.until_received("said")
        return room

    monkeypatch.setattr(hall.registry, "enter", dawdle)
    bob = await hall.visit(who="bob")
    await ann.say("then", id="c2")
    await bob.until(lambda: bob.messages[-1:] == ["then"])

    assert bob.messages == ["while bob was on his way", "then"]


async def test_of_many_people_the_number_is_sent_and_not_every_name(hall: Hall) -> None:
    await hall.presence.renew({"room-chat-1": {f"p{n}": f"P{n}" for n in range(300)}})
    ann = await hall.visit()

    late = await hall.visit(who="late")

    await ann.until(lambda: any(frame["count"] == 302 for frame in ann.of("members")))
    assert ann.of("joined") == []
    assert len(late.frames[0]["members"]) == 200
    assert late.frames[0]["count"] == 302
