"""What each kind of room takes, what it refuses and how it says so, and what it remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from hub.rooms import kinds
from hub.rooms.kinds import Kind, Refused, kind, register
from hub.rooms.protocol import Message, Say, Signal

ANN = {"id": "1", "name": "Ann"}
STROKE: dict[str, Any] = {"points": [[0, 0.5], [1, 1]], "colour": "#00ffAA", "width": 3}

ACCEPTED = [
    ("chat", "hello"),
    ("chat", "x" * 4000),
    ("board", STROKE),
    ("board", STROKE | {"points": [[0.1, 0.2]] * 500, "width": 20}),
    ("board", {"clear": True}),
    ("auction", {"bid": 1}),
    ("device", {"command": "reboot"}),
    ("device", {"command": "dim", "level": 3}),
    ("voice", {"text": "hello", "final": True}),
    ("voice", {"text": "hel", "final": False}),
]
REFUSED = [
    ("chat", "", "not-text"),
    ("chat", " \n", "not-text"),
    ("chat", {"text": "hello"}, "not-text"),
    ("chat", None, "not-text"),
    ("chat", "x" * 4001, "too-long"),
    ("board", {"clear": False}, "not-a-stroke"),
    ("board", {"clear": 1}, "not-a-stroke"),
    ("board", STROKE | {"more": 1}, "not-a-stroke"),
    ("board", STROKE | {"points": []}, "not-a-stroke"),
    ("board", STROKE | {"points": [[0, 0]] * 501}, "not-a-stroke"),
    ("board", STROKE | {"points": [[0, 1.01]]}, "not-a-stroke"),
    ("board", STROKE | {"points": [[0, True]]}, "not-a-stroke"),
    ("board", STROKE | {"points": [[0, 0, 0]]}, "not-a-stroke"),
    ("board", STROKE | {"points": ["ab"]}, "not-a-stroke"),
    ("board", STROKE | {"points": {"0": 1}}, "not-a-stroke"),
    ("board", STROKE | {"colour": "red"}, "not-a-stroke"),
    ("board", STROKE | {"colour": 5}, "not-a-stroke"),
    ("board", STROKE | {"width": 0.5}, "not-a-stroke"),
    ("board", STROKE | {"width": "3"}, "not-a-stroke"),
    ("board", [STROKE], "not-a-stroke"),
    ("auction", {"bid": 0}, "not-a-bid"),
    ("auction", {"bid": 1.5}, "not-a-bid"),
    ("auction", {"bid": True}, "not-a-bid"),
    ("auction", {"bid": "10"}, "not-a-bid"),
    ("auction", {"bid": 10, "for": "Bob"}, "not-a-bid"),
    ("auction", 10, "not-a-bid"),
    ("device", "reboot", "not-a-command"),
    ("device", {"command": ""}, "not-a-command"),
    ("device", {"command": 1}, "not-a-command"),
    ("device", {"level": 3}, "not-a-command"),
    ("binary", "hello", "no-lines"),
    ("voice", "hello", "not-a-transcript"),
    ("voice", {"text": "hello", "final": 1}, "not-a-transcript"),
    ("voice", {"text": " ", "final": True}, "not-text"),
    ("voice", {"text": "x" * 4001, "final": True}, "too-long"),
]


def message(body: Any, position: int = 1) -> Message:
    return Message(position, ANN, f"c{position}", body, "2026-01-01T00:00:00.000Z")


@pytest.mark.parametrize(("name", "body"), ACCEPTED)
def test_a_kind_accepts_its_messages(name: str, body: Any) -> None:
    subject = kind(name)

    subject.validate(Say("c1", body), ANN, subject.start())


@pytest.mark.parametrize(("name", "body", "reason"), REFUSED)
def test_a_kind_refuses_what_is_no_message_of_its_own(name: str, body: Any, reason: str) -> None:
    subject = kind(name)

    with pytest.raises(Refused) as caught:
        subject.validate(Say("c1", body), ANN, subject.start())

    assert caught.value.reason == reason
    assert caught.value.detail.endswith(".")


@pytest.mark.parametrize("name", ["chat", "auction", "device", "binary", "voice"])
def test_a_kind_accepts_any_signal_but_a_board(name: str) -> None:
    kind(name).validate(Signal("typing", None), ANN, kind(name).start())


def test_a_board_accepts_cursors() -> None:
    kind("board").validate(Signal("cursor", {"x": 0.5, "y": 1}), ANN, None)


@pytest.mark.parametrize(
    ("signal", "reason"),
    [
        (Signal("typing", None), "unknown-signal"),
        (Signal("cursor", None), "not-a-cursor"),
        (Signal("cursor", {"x": 0.5}), "not-a-cursor"),
        (Signal("cursor", {"x": 0.5, "y": -0.1}), "not-a-cursor"),
    ],
)
def test_a_board_refuses_other_signals(signal: Signal, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        kind("board").validate(signal, ANN, None)

    assert caught.value.reason == reason


def test_an_auction_remembers_the_highest_bid_and_refuses_what_is_not_above_it() -> None:
    auction = kind("auction")
    state = auction.start()
    for position, body in enumerate([{"bid": 500}, {"bid": 1200}, {"bid": 700}, "of an earlier kind"]):
        state = auction.fold(state, message(body, position))

    auction.validate(Say("c9", {"bid": 1201}), ANN, state)
    with pytest.raises(Refused) as caught:
        auction.validate(Say("c9", {"bid": 1200}), ANN, state)

    assert state == 1200
    assert caught.value.reason == "too-low"
    assert "1200" in caught.value.detail


@pytest.mark.parametrize("name", ["chat", "board", "device", "binary"])
def test_the_other_kinds_remember_nothing(name: str) -> None:
    assert kind(name).fold(kind(name).start(), message("hello")) is None


def test_what_a_kind_keeps_and_gives_a_newcomer() -> None:
    facts = {
        name: (kind(name).kept, kind(name).history, kind(name).strict, kind(name).binary, kind(name).lasting)
        for name in ("chat", "board", "auction", "device", "binary", "voice")
    }

    assert facts == {
        "chat": (True, 50, False, False, frozenset({"status"})),
        "board": (False, 1000, False, False, frozenset()),
        "auction": (True, 20, True, False, frozenset()),
        "device": (False, 0, False, False, frozenset({"telemetry"})),
        "binary": (False, 0, False, True, frozenset()),
        "voice": (True, 50, False, True, frozenset()),
    }


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        kind("nonsense")


@pytest.fixture
def registry() -> Iterator[None]:
    """Removes the kinds that a test registers."""
    before = kinds.kinds()
    yield
    for name in set(kinds.kinds()).difference(before):
        kinds.unregister(name)


@pytest.mark.usefixtures("registry")
def test_a_host_projects_own_kind_is_registered_and_judges() -> None:
    @register
    class Vote(Kind):
        name = "vote"
        kept = True

        def validate(self, frame: Say | Signal, who: Mapping[str, str], state: Any) -> None:
            if isinstance(frame, Say) and frame.body not in ("yes", "no"):
                raise Refused("not-a-vote", "Say yes or no.")

    kind("vote").validate(Say("c1", "yes"), ANN, None)
    with pytest.raises(Refused) as caught:
        kind("vote").validate(Say("c1", "perhaps"), ANN, None)

    assert (caught.value.reason, caught.value.detail) == ("not-a-vote", "Say yes or no.")
    assert isinstance(kind("vote"), Vote)
    assert kinds.kinds()[-1] == "vote"


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("given", ["chat", "", "Chat", "a b"])
def test_a_name_that_is_in_use_or_malformed_is_not_registered(given: str) -> None:
    class Odd(Kind):
        name = given

    with pytest.raises(ValueError, match="name"):
        register(Odd)
