"""The kinds of rooms: what may be said in one, and what a newcomer is given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from hub.rooms.protocol import Line, Say, Signal

MAX_CHAT = 4000  # characters of a line
MAX_POINTS = 500  # of a stroke
MAX_WIDTH = 20  # of a stroke, in pixels

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class Refused(Exception):
    """A well-formed frame that the room does not take. ``reason`` is for programs, ``detail`` for people."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Kind:
    """What a room is. A host project registers its own, where it is imported at start (`AppConfig.ready`)::

        @register
        class Vote(Kind):
            name = "vote"
            kept = True

            def validate(self, frame, who, state):
                if isinstance(frame, Say) and frame.body not in ("yes", "no"):
                    raise Refused("not-a-vote", "Say yes or no.")

    One object serves all rooms of the kind: what a room remembers is its state, never an attribute.
    """

    name = ""  # [a-z][a-z0-9-]{0,31}
    kept = False  # lines are rows as well
    history = 0  # lines a newcomer without ?after= is given
    strict = False  # a line is placed only on the state it was judged by
    binary = False  # binary frames are relayed
    max_signal = 4096  # bytes of a signal, which everybody is sent
    lasting: frozenset[str] = frozenset()  # signals whose last value a newcomer is given

    def start(self) -> Any:
        """The state of a room in which nothing was said."""
        return None

    def fold(self, state: Any, line: Line) -> Any:
        """The state after a line: a new one, or the same. The line may be older than the kind."""
        return state

    def validate(self, frame: Say | Signal, who: Mapping[str, str], state: Any) -> None:
        """Raise `Refused` unless ``who`` (id, name) may send this to a room in this state."""


K = TypeVar("K", bound=type[Kind])
_kinds: dict[str, Kind] = {}


def register(cls: K) -> K:
    """Make a kind known; raise `ValueError` if its name is none, or taken."""
    if not _NAME.fullmatch(cls.name):
        raise ValueError(f"{cls.name!r} is not the name of a kind: use [a-z][a-z0-9-]{{0,31}}.")
    if cls.name in _kinds:
        raise ValueError(f"There is a kind {cls.name!r} already: choose another name.")
    _kinds[cls.name] = cls()
    return cls


def kind(name: str) -> Kind:
    """The kind of that name; raise `KeyError`."""
    return _kinds[name]


def kinds() -> tuple[str, ...]:
    """The names of all kinds, as they were registered."""
    return tuple(_kinds)


@register
class Chat(Kind):
    name = "chat"
    kept = True
    history = 50

    def validate(self, frame: Say | Signal, who: Mapping[str, str], state: Any) -> None:
        if isinstance(frame, Signal):
            return
        if not isinstance(frame.body, str) or not frame.body.strip():
            raise Refused("not-text", "A line of a chat is a string that is not blank.")
        if len(frame.body) > MAX_CHAT:
            raise Refused(
                "too-long", f"A line has at most {MAX_CHAT} characters, this one has {len(frame.body)}."
            )


@register
class Board(Kind):
    name = "board"
    history = 1000

    def validate(self, frame: Say | Signal, who: Mapping[str, str], state: Any) -> None:
        if isinstance(frame, Signal):
            self._check_signal(frame)
        elif not _is_clear(frame.body) and not _is_stroke(frame.body):
            raise Refused(
                "not-a-stroke",
                'Say {"points": [[x, y], …], "colour": "#rrggbb", "width": w} with 1 to '
                f"{MAX_POINTS} points of numbers from 0 to 1 and a width from 1 to {MAX_WIDTH}, "
                'or {"clear": true}.',
            )

    def _check_signal(self, frame: Signal) -> None:
        if frame.name != "cursor":
            raise Refused("unknown-signal", "The signal of a board is 'cursor'.")
        body = frame.body
        if not _is_object(body, {"x", "y"}) or not (_is_part(body["x"]) and _is_part(body["y"])):
            raise Refused("not-a-cursor", 'A cursor is {"x": …, "y": …} with numbers from 0 to 1.')


@register
class Auction(Kind):
    """The state is the highest bid in cents, None before the first."""

    name = "auction"
    kept = True
    strict = True
    history = 20

    def fold(self, state: int | None, line: Line) -> int | None:
        bid = _bid(line.body)
        return state if bid is None else max(state or 0, bid)

    def validate(self, frame: Say | Signal, who: Mapping[str, str], state: int | None) -> None:
        if isinstance(frame, Signal):
            return
        bid = _bid(frame.body)
        if bid is None:
            raise Refused("not-a-bid", 'Say {"bid": n} with a whole number of cents, 1 or more.')
        if state is not None and bid <= state:
            raise Refused("too-low", f"The highest bid is {state} cents: bid more.")


@register
class Device(Kind):
    """Commands go down as lines, telemetry comes up as signals."""

    name = "device"
    lasting = frozenset({"telemetry"})

    def validate(self, frame: Say | Signal, who: Mapping[str, str], state: Any) -> None:
        if isinstance(frame, Say):
            command = frame.body.get("command") if isinstance(frame.body, dict) else None
            if not isinstance(command, str) or not command:
                raise Refused("not-a-command", 'Say {"command": "…"}, with more fields if it takes some.')


@register
class Binary(Kind):
    """A relay: what is sent as bytes is given to the others, and nothing is kept."""

    name = "binary"
    binary = True
    max_signal = 64 * 1024

    def validate(self, frame: Say | Signal, who: Mapping[str, str], state: Any) -> None:
        if isinstance(frame, Say):
            raise Refused("no-lines", "Nothing is said in a binary room: send binary frames.")


def _bid(body: Any) -> int | None:
    """The bid that a body is, in cents; None if it is none."""
    bid = body["bid"] if _is_object(body, {"bid"}) else None
    return bid if type(bid) is int and bid >= 1 else None


def _is_clear(body: Any) -> bool:
    return _is_object(body, {"clear"}) and body["clear"] is True


def _is_stroke(body: Any) -> bool:
    return (
        _is_object(body, {"points", "colour", "width"})
        and isinstance(body["points"], list)
        and 1 <= len(body["points"]) <= MAX_POINTS
        and all(_is_point(point) for point in body["points"])
        and isinstance(body["colour"], str)
        and _COLOUR.fullmatch(body["colour"]) is not None
        and _is_number(body["width"], 1, MAX_WIDTH)
    )


def _is_point(point: Any) -> bool:
    return isinstance(point, list) and len(point) == 2 and _is_part(point[0]) and _is_part(point[1])


def _is_part(value: Any) -> bool:
    return _is_number(value, 0, 1)


def _is_number(value: Any, least: int, most: int) -> bool:
    """JSON's true is no number, though Python's is."""
    return type(value) in (int, float) and least <= value <= most


def _is_object(body: Any, fields: set[str]) -> bool:
    return isinstance(body, dict) and body.keys() == fields
