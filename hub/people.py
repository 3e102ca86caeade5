"""What the doors are told about people. They do not ask: the wiring hands them these callables."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

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

    ``own`` are the topics of their inbox; ``expires_at`` is a Unix time; ``session``, ``stamp`` and
    ``granted`` (topics that somebody granted them) are what the right to be here hangs on, for
    whoever asks again later.
    """

    id: str
    name: str
    own: tuple[str, ...]
    session: str = ""
    stamp: str = ""
    granted: tuple[str, ...] = ()
    expires_at: float | None = None


# Who is this, and may they read these topics too? Raises `hub.problems.Problem`.
Admit = Callable[[Credentials, Sequence[str]], Awaitable[Person]]

# Which of these people must go, and whether they may come back with what rights are left.
Revoked = Callable[[Sequence[Person]], Awaitable[dict[Person, bool]]]

# Of each of these people (by id), the absolute and versioned count of what they have not read.
Counts = Callable[[Sequence[Person]], Awaitable[dict[str, dict[str, int]]]]

# The first notifications after a position of each of these inbox topics, in order of position; with
# them, whether there are more.
Recover = Callable[[Mapping[str, int]], Awaitable[tuple[list[Event], bool]]]
