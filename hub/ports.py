"""What the doors are told about people. They do not ask: the wiring hands them these callables."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.events import Event


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client showed at a door; at most one of them is set."""

    session: str = ""
    bearer: str = ""
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who stands at a door.

    ``own`` are the topics of their inbox, none in a room, and ``since`` the position of each at which it
    became theirs (0 or none: always was); ``expires_at`` is a Unix time. The others are what the right to be
    here hangs on, for whoever asks again later: ``session`` or ``token`` (by id), when that was given out
    (``issued_at``, a Unix time) and by which program (``key``), ``stamp``, which changes with the password,
    ``granted`` (topics that somebody granted them) and ``named`` (topics of rooms that their token names).
    """

    id: str
    name: str
    own: tuple[str, ...]
    since: tuple[int, ...] = ()
    session: str = ""
    stamp: str = ""
    granted: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    expires_at: float | None = None
    token: str = ""
    issued_at: float = 0.0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A person who may enter a room: its name, its kind, and the topic that it goes by."""

    person: Person
    room: str
    kind: str
    topic: str


@dataclass(frozen=True, slots=True)
class Given:
    """To which people (by id) this instance gave a notification (by id) when it came; ``at`` is Unix time."""

    id: str
    at: float
    people: frozenset[str]


@dataclass(frozen=True, slots=True)
class Span:
    """Everything on these topics with after < position <= upto."""

    topics: tuple[str, ...]
    after: int
    upto: int


@dataclass(frozen=True, slots=True)
class Caught:
    """That a person who came back was given everything on these topics with after < position <= upto."""

    person: str
    topics: tuple[str, ...]
    after: int
    upto: int
    at: float


# Who is this, and may they read these topics too, with their inbox or without? Raises `hub.errors.Problem`.
Admit = Callable[[Credentials, Sequence[str], bool], Awaitable[Person]]

# Which of these people must go, and whether they may come back with what rights are left.
Revoked = Callable[[Sequence[Person]], Awaitable[dict[Person, bool]]]

# Of each of these people (by id), the absolute and versioned count of what they have not read.
Counts = Callable[[Sequence[Person]], Awaitable[dict[str, dict[str, int]]]]

# The first rows after a position of each of these topics of inboxes and rooms, in order of position;
# with them, whether there are more, and those of the topics that are not kept as rows.
Recover = Callable[[Mapping[str, int]], Awaitable[tuple[list[Event], bool, frozenset[str]]]]

# Who is this, and may they enter this room? Raises `hub.errors.Problem`.
Enter = Callable[[Credentials, str], Awaitable[Entry]]

# The last lines of a room's topic that are kept as rows, at most so many, the oldest first.
Told = Callable[[str, int], Awaitable[list[Event]]]

# Something new stands on this room's topic: keep it, some time soon. Never waits, never raises.
Keep = Callable[[str], None]

# Write down to whom notifications were given here.
Record = Callable[[Sequence[Given], Sequence[Caught]], Awaitable[None]]

# What staff who listen on this staff topic are told now: an event's type and data; None if nothing.
Report = Callable[[str], Awaitable[tuple[str, Any] | None]]
