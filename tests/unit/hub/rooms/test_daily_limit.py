"""The messages that a day allows a person, over all their connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


async def test_a_person_over_the_daily_limit_is_refused_then_closed_and_others_go_on(
    make_hall: Callable[..., Any],
) -> None:
    hall = await make_hall(messages_per_day=3)
    ann, other = await hall.visit(), await hall.visit("chat-2")
    bob = await hall.visit(who="bob")
    for number in range(2):
        await ann.say("hello", id=f"c{number}")
    await ann.until_received("said", 2)
    await other.say("hello", id="c2")
    await other.until_received("said")

    await ann.say("one too many", id="c3")
    await ann.until_received("error")
    await ann.say("and another", id="c4")
    code = await ann.until_closed()
    await bob.say("hello", id="b1")
    await bob.until_received("said", 3)

    assert [(error["id"], error["reason"]) for error in ann.of("error")] == [("c3", "too-many")]
    assert code == 4429
    assert "3 messages" in ann.reason
    assert bob.messages == ["hello"] * 3


async def test_a_message_sent_again_is_answered_though_the_day_is_over(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(messages_per_day=1)
    ann = await hall.visit()
    await ann.say("once", id="c1")
    await ann.until_received("said")

    back = await hall.visit(query=f"?after={ann.of('said')[0]['position']}")
    await back.say("once", id="c1")

    await back.until_received("said")
    assert back.of("error") == []
