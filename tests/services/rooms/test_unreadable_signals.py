"""What comes through the channel layer and is no signal is skipped; the signals beside it are delivered."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer

from hub.rooms.signals import Signals
from tests.services.rooms.test_signals import ALICE, BOB, Instance

GOOD = (ALICE, "cursor", "1", "c1")

UNREADABLE: dict[str, Any] = {
    "none": None,
    "a number": 5,
    "three parts": (ALICE, "cursor", "1"),
    "a sender that is a text": ("alice", "cursor", "1", "c1"),
    "a sender without an id": ({"name": "x"}, "cursor", "1", "c1"),
    "an id that is a list": ({"id": [1], "name": "x"}, "cursor", "1", "c1"),
    "a name that is a list": (ALICE, ["cursor"], "1", "c1"),
    "a body that is a number": (ALICE, "cursor", 1, "c1"),
    "a body that is no JSON": (BOB, "broken", "{", "c1"),
    "a body that is too deep": (BOB, "broken", "[" * 100_000, "c1"),
}


@pytest.fixture
async def instance() -> AsyncIterator[Instance]:
    made = Instance(InMemoryChannelLayer())
    await made.signals.join("lobby")
    yield made
    await made.stop()


def layer(signals: Signals) -> Any:
    return signals._layer


@pytest.mark.parametrize("signal", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_a_signal_that_is_none_is_skipped_and_its_neighbours_are_delivered(
    instance: Instance, signal: Any
) -> None:
    message = {"type": "signals", "room": "lobby", "signals": [signal, GOOD]}

    await layer(instance.signals).group_send("lobby", message)
    await instance.until(lambda: bool(instance.received))

    assert [one.name for one in instance.received] == ["cursor"]
    assert instance.signals.dropped == 1


@pytest.mark.parametrize(
    "message",
    [{}, {"type": "signals"}, {"type": "signals", "room": "lobby", "signals": 5}, {"type": ["signals"]}],
    ids=json.dumps,
)
async def test_a_message_that_is_none_is_skipped_and_the_layer_stays_as_it_is(
    instance: Instance, message: dict[str, Any]
) -> None:
    before = dict(layer(instance.signals).groups["lobby"])

    await layer(instance.signals).group_send("lobby", message)
    instance.signals.send("lobby", ALICE, "typing", "still heard", "c1")
    await instance.until(lambda: bool(instance.received))

    assert layer(instance.signals).groups["lobby"].keys() == before.keys()


async def test_bytes_that_are_no_message_are_skipped(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, receive = layer(instance.signals), layer(instance.signals).receive

    async def garbled(channel: str) -> Any:
        await receive(channel)
        monkeypatch.setattr(made, "receive", receive)
        raise ValueError("Unpack failed: incomplete input")

    monkeypatch.setattr(made, "receive", garbled)
    before = dict(made.groups["lobby"])
    await instance.until_received_from(instance, "heard")

    assert made.groups["lobby"].keys() == before.keys()
