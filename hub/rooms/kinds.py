"""Kinds of rooms: what a room accepts and keeps. The application registers them (`register`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from hub.rooms.protocol import NAME, Message, Say, Signal


class Refused(Exception):
    """A well-formed frame that the room does not accept. ``reason`` is for programs, ``detail`` for users."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Kind:
    """What a room accepts and keeps. A project registers its own in `AppConfig.ready`::

        @register
        class Vote(Kind):
            name = "vote"
            kept = True

            def validate(self, frame, sender, state):
                if isinstance(frame, Say) and frame.body not in ("yes", "no"):
                    raise Refused("not-a-vote", "Say yes or no.")

    One object serves all rooms of the kind: a room's state is passed in, never an attribute.
    """

    name = ""  # see `hub.rooms.protocol.NAME`
    kept = False  # messages are kept in the database, too
    history = 0  # messages that a newcomer without ?after= receives
    strict = False  # a message is appended only to the state that it was validated against
    changeable = False  # messages may be edited and removed, and reacted to
    binary = False  # binary frames are relayed, in order and without loss
    may_drop = False  # of these, what a sender sends beyond its credit is dropped, and the sender told
    document = False  # it is opened at /documents/<name>, and is no room to talk in
    max_signal = 4096  # bytes
    lasting: frozenset[str] = frozenset()  # names of signals whose last value a newcomer receives
    statuses: frozenset[str] = frozenset()  # those of them that are about their sender, while they are here

    def start(self) -> Any:
        """The state of a room without messages."""
        return None

    def fold(self, state: Any, message: Message) -> Any:
        """The state after a message: a new one, or the same. The message may be older than the kind. What is
        done to messages later leaves the state as it is."""
        return state

    def validate(self, frame: Say | Signal, sender: Mapping[str, str], state: Any) -> None:
        """Raise `Refused` unless ``sender`` (id, name) may send this to a room in this state."""


K = TypeVar("K", bound=type[Kind])
_kinds: dict[str, Kind] = {}


def register(cls: K) -> K:
    """Register a kind; raises `ValueError` if its name is malformed or taken."""
    if not NAME.fullmatch(cls.name):
        raise ValueError(f"{cls.name!r} is not the name of a kind: use {NAME.pattern}.")
    if cls.name in _kinds:
        raise ValueError(f"There is a kind {cls.name!r} already: choose another name.")
    _kinds[cls.name] = cls()
    return cls


def unregister(name: str) -> None:
    """Remove a kind; raise `KeyError` if there is none of this name. For tests of host projects."""
    del _kinds[name]


def kind(name: str) -> Kind:
    """The kind of that name; raises `KeyError`."""
    return _kinds[name]


def kinds() -> tuple[str, ...]:
    """The names of all kinds, in the order of registration."""
    return tuple(_kinds)
