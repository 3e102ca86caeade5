"""Messages are edited, removed and reacted to; what is gone is so for newcomers and for who returns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.hub.rooms.conftest import Hall, Visitor


async def said(visitor: Visitor, body: Any, id: str) -> str:
    """The position of a message that this visitor says."""
    await visitor.say(body, id=id)
    await visitor.until(lambda: any(frame["id"] == id for frame in visitor.of("said")))
    return str(next(frame["position"] for frame in visitor.of("said") if frame["id"] == id))


async def change(visitor: Visitor, type: str, of: Any, id: str, *body: Any) -> None:
    await visitor.send({"type": type, "id": id, "of": of, **({"body": body[0]} if body else {})})


async def refused(visitor: Visitor, id: str) -> str:
    await visitor.until(lambda: any(frame["id"] == id for frame in visitor.of("error")))
    return str(next(frame["reason"] for frame in visitor.of("error") if frame["id"] == id))


async def text_in_log(hall: Hall) -> str:
    return str([event.body for event in (await hall.log.read({"room-chat-1": 0})).events])


async def test_an_edit_reaches_everyone_and_acknowledges_itself(hall: Hall) -> None:
    ann, bob = await hall.visit(), await hall.visit(who="bob")
    of = await said(ann, "helo", "c1")

    await change(ann, "edit", of, "e1", "hello")

    for visitor in (ann, bob):
        await visitor.until_received("edited")
        (frame,) = visitor.of("edited")
        assert (frame["of"], frame["id"], frame["body"]) == (of, "e1", "hello")
        assert frame["from"] == {"id": "ann", "name": "Ann"}
        assert int(frame["position"]) > int(of)


async def test_a_newcomer_receives_the_message_as_it_is_now_where_it_was_said(hall: Hall) -> None:
    ann = await hall.visit()
    of = await said(ann, "first text", "c1")
    await said(ann, "between", "c2")
    await change(ann, "edit", of, "e1", "second text")
    await change(ann, "edit", of, "e2", "third text")
    await ann.until_received("edited", 2)

    new = await hall.visit(who="new")

    assert [(frame["position"], frame["body"]) for frame in new.of("said")][0] == (of, "third text")
    assert new.messages == ["third text", "between"]
    assert "first text" not in json.dumps(new.frames)
    assert "second text" not in json.dumps(new.frames)


@pytest.mark.parametrize("reads", ["memory", "log"])
async def test_a_text_that_was_removed_is_nowhere(hall: Hall, reads: str) -> None:
    ann = await hall.visit()
    start = ann.frames[0]["position"]
    of = await said(ann, "a secret", "c1")
    await change(ann, "edit", of, "e1", "a secret edited")
    await change(ann, "remove", of, "r1")
    await said(ann, "after", "c2")
    await ann.until_received("removed")
    if reads == "log":
        await ann.leave()
        state = hall.fanout.topics["room-chat-1"]
        state.lose(state.verified or 0)

    new, back = await hall.visit(who="new"), await hall.visit(who="bob", query=f"?after={start}")

    assert "secret" not in json.dumps([new.frames, back.frames])
    assert "secret" not in await text_in_log(hall)
    assert new.messages == back.messages == ["after"]
    assert [frame["of"] for frame in back.of("removed")] == [of]
    assert "reset" not in back.types


async def test_who_returns_is_told_what_was_changed_meanwhile(hall: Hall) -> None:
    ann, bob = await hall.visit(), await hall.visit(who="bob")
    of = await said(ann, "one", "c1")
    await bob.until_received("said")
    await bob.leave()
    await change(ann, "edit", of, "e1", "two")
    await change(ann, "react", of, "k1", "👍")
    await ann.until_received("reacted")

    back = await hall.visit(who="bob", query=f"?after={of}")

    assert back.types == ["welcome", "edited", "reacted", "live"]


async def test_a_change_sent_again_is_done_once(hall: Hall) -> None:
    ann = await hall.visit()
    of = await said(ann, "one", "c1")
    for _ in range(2):
        await change(ann, "react", of, "k1", "👍")
        await change(ann, "edit", of, "e1", "two")
        await change(ann, "remove", of, "r1")

    await said(ann, "after", "c2")
    assert [type for type in ann.types if type in ("reacted", "edited", "removed")] == [
        "reacted",
        "edited",
        "removed",
    ]
    assert ann.of("error") == []


async def test_a_reaction_is_taken_back_by_reacting_so_again(hall: Hall) -> None:
    ann, bob = await hall.visit(), await hall.visit(who="bob")
    of = await said(ann, "one", "c1")

    for visitor, id in ((bob, "k1"), (ann, "k2"), (bob, "k3"), (bob, "k4")):
        await change(visitor, "react", of, id, "👍")
        await ann.until(lambda id=id: any(frame["id"] == id for frame in ann.of("reacted")))  # type: ignore[misc]

    told = [(frame["from"]["id"], frame["on"]) for frame in ann.of("reacted")]
    assert told == [("bob", True), ("ann", True), ("bob", False), ("bob", True)]


async def test_race_two_reactions_in_one_breath_are_on_and_off(hall: Hall) -> None:
    ann = await hall.visit()
    of = await said(ann, "one", "c1")

    for number in range(6):
        await change(ann, "react", of, f"k{number}", "👍")

    await ann.until_received("reacted", 6)
    assert [frame["on"] for frame in ann.of("reacted")] == [True, False] * 3


async def test_reactions_of_a_person_to_a_message_are_bounded(hall: Hall) -> None:
    ann = await hall.visit()
    of = await said(ann, "one", "c1")

    for number in range(11):
        await change(ann, "react", of, f"k{number}", f"emoji-{number}")

    assert await refused(ann, "k10") == "too-many-reactions"
    assert len(ann.of("reacted")) == 10


@pytest.mark.parametrize("body", [None, 1, "", " ", "two words", "\u200d", "\u202e", "x" * 33, {}, "a\nb"])
async def test_what_is_no_reaction_is_refused(hall: Hall, body: Any) -> None:
    ann = await hall.visit()
    of = await said(ann, "one", "c1")

    await change(ann, "react", of, "k1", body)

    assert await refused(ann, "k1") == "not-a-reaction"


@pytest.mark.parametrize("emoji", ["👍", "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "❤️", "+1", "сүпер"])
async def test_an_emoji_of_any_length_is_a_reaction(hall: Hall, emoji: str) -> None:
    ann = await hall.visit()
    of = await said(ann, "one", "c1")

    await change(ann, "react", of, "k1", emoji)

    await ann.until_received("reacted")
    assert ann.of("reacted")[0]["body"] == emoji


async def test_only_its_author_edits_a_message_and_only_staff_removes_anothers(hall: Hall) -> None:
    ann, bob = await hall.visit(), await hall.visit(who="bob")
    staff = await hall.visit(who="staff")
    of = await said(ann, "one", "c1")

    await change(bob, "edit", of, "e1", "two")
    await change(bob, "remove", of, "r1")
    await change(staff, "edit", of, "e2", "three")

    assert await refused(bob, "e1") == await refused(bob, "r1") == await refused(staff, "e2") == "not-yours"
    await change(staff, "remove", of, "r2")
    await ann.until_received("removed")
    assert ann.of("removed")[0]["from"]["id"] == "staff"


@pytest.mark.parametrize("type", ["edit", "remove", "react"])
async def test_what_is_not_there_cannot_be_changed(hall: Hall, type: str) -> None:
    ann = await hall.visit()
    of = await said(ann, "one", "c1")
    await change(ann, "remove", of, "r1")
    await ann.until_received("removed")
    body = [] if type == "remove" else ["👍"]

    await change(ann, type, of, "gone", *body)
    await change(ann, type, 17, "never", *body)

    assert await refused(ann, "gone") == await refused(ann, "never") == "unknown-message"


async def test_an_edit_is_what_the_kind_accepts(hall: Hall) -> None:
    ann = await hall.visit()
    of = await said(ann, "one", "c1")

    await change(ann, "edit", int(of), "e1", "   ")

    assert await refused(ann, "e1") == "not-text"


async def test_a_kind_that_does_not_say_so_has_no_changes(hall: Hall) -> None:
    ann = await hall.visit("auction-1")
    of = await said(ann, {"bid": 5}, "c1")

    await change(ann, "edit", of, "e1", {"bid": 1})
    await change(ann, "remove", of, "r1")

    assert await refused(ann, "e1") == await refused(ann, "r1") == "unchangeable"


async def test_an_older_message_is_asked_for_and_changed(hall: Hall) -> None:
    ann = await hall.visit()
    hall.old[1_000_000] = {
        "from": {"id": "ann", "name": "Ann"},
        "id": "old",
        "body": "long ago",
        "at": "2026-01-01T00:00:00.000Z",
    }

    await change(ann, "edit", "1000000", "e1", "just now")

    await ann.until_received("edited")
    assert ann.of("edited")[0]["said"] == {"id": "old", "at": "2026-01-01T00:00:00.000Z"}


async def test_messages_go_on_while_an_older_one_cannot_be_looked_up(hall: Hall) -> None:
    ann = await hall.visit()
    hall.rows_away = True

    await change(ann, "edit", "1000000", "e1", "just now")
    await said(ann, "in all the same", "c1")

    assert await refused(ann, "e1") == "away"


@pytest.mark.parametrize("of", [None, True, "x", -1, 1.5, "", "1" * 17, [1]])
async def test_a_change_of_no_position_is_malformed(hall: Hall, of: Any) -> None:
    ann = await hall.visit()

    await change(ann, "remove", of, "r1")

    assert await ann.until_closed() == 4400


async def test_race_of_two_who_edit_and_remove_nothing_is_left(hall: Hall) -> None:
    tabs = [await hall.visit() for _ in range(3)]
    of = await said(tabs[0], "secret 0", "c1")

    for number, tab in enumerate(tabs):
        await change(tab, "edit", of, f"e{number}", f"secret {number}")
        await change(tab, "remove", of, f"r{number}")

    await tabs[0].until_received("removed")
    await said(tabs[0], "after", "c2")
    assert "secret" not in await text_in_log(hall)
    assert (await hall.visit(who="new")).messages == ["after"]
