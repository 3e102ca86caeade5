"""The log: the ordered, bounded, replayable history of events, and hearing what is appended.

Two bodies, `memory` for one process and `redis` for many, keep one contract
(`tests/services/log/test_contract.py`):

- a position is greater than every earlier one, and than any the caller has seen (its *floor*);
- order of publishing equals order of position;
- every event names the *previous* position of its topic, so continuity is proved, never hoped: a
  reader that has everything up to P misses nothing if the next event's ``previous`` is at most P;
- what an event removes is gone from the log, and no gap is seen where it stood: the reader that misses it
  misses nothing;
- a topic that went silent for the time to live is forgotten; whoever stood before that is told
  of a gap. So is everyone whose position is older than the data set itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.errors import Unavailable
from hub.events import Draft, Event

KEY_TTL_S = 24 * 3600  # how long an idempotency key is remembered
SAID_KEPT = 4096  # … and of how many of a sender's newest on a topic
MAX_BYTES = 16 * 1024 * 1024  # that a log keeps of a topic
MEMORY = 512 * 1024 * 1024  # bytes that a log may take where nothing says how many …
SHARE = 0.25  # … and the part of it that one owner may take
ENTRY, STREAM, KEY = 64, 1024, 256  # bytes that they are taken to need besides what they say
PAGE = 256  # events a page, shared out among its topics …
PAGE_TOPIC = 16  # … but never fewer of each topic, or a wide page would crawl


class LogAway(Unavailable):
    """The log cannot be reached now. Nothing is known to have been appended."""

    part = "log"


class LogFull(Exception):
    """An owner's events take its share of the log; nothing was appended. There is room in ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"the share of the log is taken for {seconds} s")
        self.seconds = seconds


class Reused(Exception):
    """A key under which something else was done; nothing was appended."""


class LogRefused(LogAway):
    """The log can be reached and takes others, but not this, however often it is asked; nothing is away."""


class Overtaken(Exception):
    """Something stands after the position that was relied on, up to ``position``; nothing was appended."""

    def __init__(self, position: int) -> None:
        super().__init__(f"the topic stands at {position}")
        self.position = position


@dataclass(frozen=True, slots=True)
class Terms:
    """On which drafts are appended: all of them once under ``key``, as what ``digest`` says; and no more than
    the share of ``owner`` allows, ``besides`` so many bytes. Whose key it is, is part of it."""

    owner: str = ""
    key: str = ""
    digest: str = ""
    besides: int = 0


PLAIN = Terms()


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a draft stands; not ``fresh`` if its key had been used, and then it stands there once.

    It stands nowhere, at 0, if its sender has said all that a day allows.
    """

    position: int
    fresh: bool

    @property
    def over_daily(self) -> bool:
        return self.position == 0


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on some topics after a position of each.

    ``events`` is in order of position and whole up to ``upto``, but for the topics in ``gaps``, of
    which something may be missing. ``more`` says that the page was cut: read on from ``upto``.
    """

    events: list[Event]
    gaps: frozenset[str]
    upto: int
    more: bool


class LogReceiver(Protocol):
    """Who listens to a log. All calls come on the event loop's thread, in order."""

    def received(self, event: Event) -> None: ...

    def disconnected(self) -> None:
        """The connection was lost; what is appended from here on may not be heard."""

    def restored(self) -> None:
        """Every subscription stands again; what was appended while deaf was not heard."""


class Log(Protocol):
    def append(self, drafts: Sequence[Draft], terms: Terms = PLAIN) -> list[int]:
        """Append in order, all or none, from any thread; give the positions.

        Raises `LogAway`, and for its terms `LogFull` or `Reused`. Of no drafts: only asks for room.
        """

    async def append_if(self, drafts: Sequence[Draft], after: int | None = None) -> list[Appended]:
        """Append in order, all or none, drafts of one topic; raise `LogAway`.

        With ``after``, raise `Overtaken` if the topic stands after that position. Keys are asked
        first: drafts that were all placed before are answered wherever it stands. A topic that was
        silent for the time to live stands at 0, so with -1 nothing is appended, only asked for.
        """

    def head(self) -> int:
        """The last position handed out, from any thread; raise `LogAway`."""

    async def read(self, after: Mapping[str, int]) -> Page:
        """One page of what stands after each topic's position; of no topic: where the log is."""

    def forget(self, topics: Sequence[str]) -> None:
        """Drop all that stands on topics which nobody is to read any more, from any thread; raise `LogAway`.

        No gap is told of it.
        """

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Return once everything appended from now on will be heard; raise `LogAway`."""

    async def unsubscribe(self, topics: Sequence[str]) -> None: ...

    async def listen(self, receiver: LogReceiver) -> None:
        """Subscribe, and call ``receiver`` until cancelled."""

    def seen(self, position: int) -> None:
        """Raise the floor: no position at or below this one may be handed out again."""

    def silence(self) -> float:
        """Seconds since this process last heard the log."""


def share(topics: int) -> int:
    """How many events of each topic a page of so many topics may hold."""
    return max(PAGE_TOPIC, PAGE // max(1, topics))


def page(found: Sequence[tuple[list[Event], int | None]], gaps: frozenset[str], head: int) -> Page:
    """Merge what each topic gave, events and where they were cut, into a page whole up to a position."""
    # What somebody else wrote beyond the head is not there yet.
    cuts = [cut for _, cut in found if cut is not None and cut < head]
    upto = min([head, *cuts])
    events = [event for some, _ in found for event in some if event.position <= upto]
    events.sort(key=lambda event: event.position)
    return Page(events, gaps, upto, bool(cuts))
