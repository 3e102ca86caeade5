"""Kinds of rooms: what a room accepts and keeps. The application registers them (`register`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from hub.rooms.protocol import Line, Say, Signal

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


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


def unregister(name: str) -> None:
    """Remove a kind; raise `KeyError` if there is none of this name. For tests of host projects."""
    del _kinds[name]


def kind(name: str) -> Kind:
    """The kind of that name; raise `KeyError`."""
    return _kinds[name]


def kinds() -> tuple[str, ...]:
    """The names of all kinds, as they were registered."""
    return tuple(_kinds)
