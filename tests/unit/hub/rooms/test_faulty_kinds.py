"""A kind of the host's own that raises: who sent what it cannot judge is told, and nobody else notices."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from hub.rooms import kinds
from hub.rooms.kinds import Kind
from hub.rooms.protocol import Say, Signal
from hub.support.faults import malformed
from tests.unit.hub.rooms.conftest import Hall


class Fragile(Kind):
    name = "fragile"

    def validate(self, frame: Say | Signal, who: Mapping[str, str], state: Any) -> None:
        if frame.body == "break":
            raise ZeroDivisionError


@pytest.fixture
async def hall(make_hall: Callable[..., Any]) -> AsyncIterator[Hall]:
    kinds.register(Fragile)
    yield await make_hall()
    kinds.unregister("fragile")


async def test_a_message_it_cannot_judge_is_refused_and_the_ones_next_to_it_are_sent(hall: Hall) -> None:
    ann, bob = await hall.visit("fragile-1"), await hall.visit("fragile-1", who="bob")

    before = malformed.counts["frame"]

    await ann.say("one", id="a1")
    await ann.say("break", id="a2")
    await bob.say("two", id="b1")

    await ann.until_received("said", 2)
    await bob.until_received("said", 2)
    await ann.until_received("error")
    assert [(error["id"], error["reason"]) for error in ann.of("error")] == [("a2", "failed")]
    assert sorted(bob.messages) == ["one", "two"]
    assert malformed.counts["frame"] == before + 1


async def test_a_signal_it_cannot_judge_is_refused_and_the_others_are_received(hall: Hall) -> None:
    ann, bob = await hall.visit("fragile-1"), await hall.visit("fragile-1", who="bob")

    await ann.signal("typing", "break")
    await ann.signal("typing", "now")

    await ann.until_received("error")
    await bob.until_received("signal")
    assert ann.of("error")[0]["reason"] == "failed"
    assert [signal["body"] for signal in bob.of("signal")] == ["now"]
