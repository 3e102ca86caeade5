"""The log: the ordered, bounded, replayable history of events, and a subscription to what is appended.

Two implementations, `memory` for one process and `redis` for many, keep one contract
(`tests/services/log/test_contract.py`):

- a position is greater than every earlier one, and than any the caller has seen (its *floor*);
- order of publishing equals order of position;
- every event names the *previous* position of its topic, so continuity is proved, never hoped: a
  reader that has everything up to P misses nothing if the next event's ``previous`` is at most P;
- what an event removes is gone from the log and leaves no gap: a reader that misses it misses nothing;
- a topic that was silent for the time to live is forgotten. A reader whose position is older than that, or
  than the data set itself, is told of a gap. The time to live is measured by the latest moment known, so that
  a clock that goes forward and back hides nothing;
- data that went back in time, as those of a Redis that lost its end, begin anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from hub.errors import Unavailable
from hub.events import Draft, Event
from hub.log.extent import Measures

MICROSECONDS = 1_000_000  # positions are in these
KEY_TTL_S = 24 * 3600  # that an idempotency key is remembered
MAX_MESSAGE_IDS = 4096  # that are remembered of a sender on a topic, the newest
MAX_TOPIC_BYTES = 16 * 1024 * 1024  # that a log keeps of a topic
DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024  # that a log may take, where Redis names no maximum
DEFAULT_OWNER_SHARE = 0.25  # of that memory, for the events of one owner
ENTRY_BYTES, STREAM_BYTES, KEY_BYTES = 64, 1024, 256  # estimated overheads, on top of types and bodies
PAGE_SIZE = 256  # events, shared out among the topics of a page …
MIN_TOPIC_PAGE_SIZE = 16  # … but never fewer of each topic, or a wide page would crawl


class LogAway(Unavailable):
    """The log cannot be reached now. Nothing is known to have been appended."""

    part = "log"


class LogRefused(LogAway):
    """The log is reachable, but refuses this draft and will go on refusing it."""


class LogFull(Exception):
    """An owner's events take its share of the log; nothing was appended. There is room in ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"the share of the log is taken for {seconds} s")
        self.seconds = seconds


class RateExceeded(Exception):
    """So many events on this topic are beyond the rate of its policy; nothing was appended. They are not in
    ``seconds``, unless they are more than it ever allows at once."""

    def __init__(self, topic: str, rate: float, events: int, seconds: int) -> None:
        at_once = max(1, int(rate))
        super().__init__(
            f"{topic} may have {rate:g} events a second: "
            + (f"publish at most {at_once} at once." if events > at_once else f"try again in {seconds} s.")
        )
        self.topic = topic
        self.seconds = seconds


class KeyReused(Exception):
    """The key of the terms was used with another digest; nothing was appended."""


class Overtaken(Exception):
    """The topic has an event after the expected position, the last at ``position``; nothing was appended."""

    def __init__(self, position: int) -> None:
        super().__init__(f"the topic stands at {position}")
        self.position = position


@dataclass(frozen=True, slots=True)
class Terms:
    """Conditions for appending drafts together.

    ``key``: idempotency key for all of them, to be unique among owners; ``digest`` is of what is done under
    it. ``owner``: whose share of the log limits them, with ``extra_bytes`` on top of theirs. ``series``: the
    key is of many appends, one after the other, and only the last one can be repeated. ``follows`` is the
    digest that the last one must have; any will do if it is empty, or nothing is remembered of the series.
    """

    owner: str = ""
    key: str = ""
    digest: str = ""
    extra_bytes: int = 0
    series: bool = False
    follows: str = ""


NO_TERMS = Terms()
OnAppended = Callable[[list[int] | Exception], None]  # given the positions, or why there are none


@dataclass(frozen=True, slots=True)
class Appended:
    """The position assigned to a draft.

    ``fresh`` is False if its key had been used before, at that position. Nothing was appended, and it is 0,
    if its sender is over the limit of a day, -1 if what it edits was ended."""

    position: int
    fresh: bool

    @property
    def over_daily(self) -> bool:
        return self.position == 0

    @property
    def ended(self) -> bool:
        return self.position == -1


@dataclass(frozen=True, slots=True)
class Page:
    """Events after a position of each of some topics.

    ``events`` is in order of position and complete up to ``upto``, except for the topics in ``gaps``, of
    which events may be missing. ``more``: the page was cut, read on from ``upto``. Events before ``birth``
    may be lost, copied elsewhere or not.
    """

    events: list[Event]
    gaps: frozenset[str]
    upto: int
    more: bool
    birth: int = 0


class Values(NamedTuple):
    """The last event of each key of some topics, by topic and in order of position.

    Every event of these topics up to ``upto`` is among them, or one of its key that came later.
    """

    events: dict[str, list[Event]]
    upto: int


class LogReceiver(Protocol):
    """Receives what is appended to a log. All calls come on the event loop's thread, in order."""

    def received(self, event: Event) -> None: ...

    def disconnected(self) -> None:
        """The connection was lost: events appended from here on may not be received."""

    def restored(self) -> None:
        """Every subscription is established again. Events appended while disconnected were not received."""


class Log(Protocol):
    """Implemented by `MemoryLog` and `RedisLog`; made once per process by `hub.log.current.shared_log`."""

    @property
    def measures(self) -> Measures: ...

    def append(self, drafts: Sequence[Draft], terms: Terms = NO_TERMS) -> list[int]:
        """Append in order, all or none, from any thread; return the positions.

        Raises `LogAway`, `RateExceeded`, and for the terms `LogFull`, `KeyReused` or `OutOfSeries`. Without
        drafts it only checks the terms."""

    async def append_grouped(self, drafts: Sequence[Draft], terms: Terms = NO_TERMS) -> list[int]:
        """`append` on the event loop: calls that wait at the same time share a round trip, in their order."""

    def append_soon(self, drafts: Sequence[Draft], terms: Terms, done: OnAppended) -> None:
        """`append_grouped` without a task: ``done`` is called once, perhaps before this returns."""

    async def append_if(self, drafts: Sequence[Draft], after: int | None = None) -> list[Appended]:
        """Append drafts of one topic in order, all or none; raise `LogAway` or `RateExceeded`.

        With ``after``, raise `Overtaken` if the topic has an event after that position. Keys are looked up
        first: drafts that were all appended before are answered whatever followed. A topic that was silent
        for the time to live stands at 0, so that with -1 nothing is appended, only looked up.
        """

    def head(self) -> int:
        """The last position assigned, from any thread; raise `LogAway`."""

    def version(self) -> int:
        """A number for what is read after this call, from any thread: higher than every earlier one, of any
        process, and not below the head. Raises `LogAway`."""

    async def read(self, after: Mapping[str, int], limit: int = 0) -> Page:
        """One page of events after the position of each topic; without topics, only where the log is.

        With ``limit`` it has so many events of each, else about `PAGE_SIZE` of all; raise `LogAway`.
        """

    async def latest(self, topics: Sequence[str]) -> Values:
        """The last event of each key of topics whose policy has them kept, none of others; raise `LogAway`.

        What is removed from the log is not among them: the key then has no value.
        """

    def forget(self, topics: Sequence[str]) -> None:
        """Drop all events of topics that nobody may read any more, from any thread; raise `LogAway`.

        No reader is told of a gap.
        """

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Return once everything appended from now on will be received; raise `LogAway`."""

    async def unsubscribe(self, topics: Sequence[str]) -> None: ...

    async def listen(self, receiver: LogReceiver) -> None:
        """Call ``receiver`` for events of subscribed topics, until cancelled."""

    def seen(self, position: int) -> None:
        """Raise the floor: no position at or below this one may be assigned again."""

    def silence(self) -> float:
        """Seconds since this process last received something from the log."""

    def trouble(self) -> str:
        """Why the log refuses appends, and what to do; empty if it takes them, or cannot be reached."""


def events_per_topic(topics: int) -> int:
    """How many events of each topic a page of so many topics may hold."""
    return max(MIN_TOPIC_PAGE_SIZE, PAGE_SIZE // max(1, topics))


class TopicPage(NamedTuple):
    """Events of one topic after a position; ``cut`` is that of the last one, if there are more."""

    events: list[Event]
    gap: bool
    cut: int | None


def merge(found: Mapping[str, TopicPage], head: int, birth: int) -> Page:
    """A page of the events of all topics, in order, complete up to the first cut."""
    # What another program wrote beyond the head has no place in the order yet.
    cuts = [one.cut for one in found.values() if one.cut is not None and one.cut < head]
    upto = min([head, *cuts])
    events = [event for one in found.values() for event in one.events if event.position <= upto]
    events.sort(key=lambda event: event.position)
    return Page(events, frozenset(topic for topic, one in found.items() if one.gap), upto, bool(cuts), birth)
