"""What the hub asks of the application that it serves, and reports to it; and the values that pass."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from hub.document_store import DocumentStore
from hub.errors import Problem
from hub.events import Encoded, Event

# An ASGI application.
Endpoint = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client authenticates with at an endpoint; at most one of them is set."""

    session: str = ""
    bearer: str = ""
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who opened a connection.

    ``own`` are the topics of their inbox, none in a room, and ``since`` the position of each at which it
    became theirs (0 or none: always was); ``expires_at`` is a Unix time. The other fields are what the right
    to the connection depends on, for a later check: ``session`` or ``token`` (by id), when that was issued
    (``issued_at``, a Unix time) and by which program (``key``), ``stamp``, which changes with the password,
    ``granted`` (topics that were granted to them) and ``named`` (topics that their token names: in a room
    that of the room, on a feed the others); ``opens_inbox`` says whether their token does.
    """

    id: str
    name: str
    own: tuple[str, ...]
    since: tuple[int, ...] = ()
    session: str = ""
    stamp: str = ""
    granted: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    opens_inbox: bool = False
    expires_at: float | None = None
    token: str = ""
    issued_at: float = 0.0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A person who may enter a room: the room's name, its kind, and its topic."""

    person: Person
    room: str
    kind: str
    topic: str


@dataclass(frozen=True, slots=True)
class Span:
    """Everything on these topics with after < position <= upto."""

    topics: tuple[str, ...]
    after: int
    upto: int


class Recovered(NamedTuple):
    """A page of events from elsewhere than the log, in order of position. ``more`` follow, except on the
    ``lost`` topics, which cannot be recovered."""

    events: list[Event]
    more: bool
    lost: frozenset[str]


class Feed(Protocol):
    """An open feed, as the application sees it. It is hashable, by identity."""

    person: Person
    topics: tuple[str, ...]

    def put(self, encoded: Encoded, /) -> None:
        """Send bytes outside the log's order."""


class Topic(Protocol):
    """A topic that has subscribers in this process."""

    def people(self) -> Iterable[Person]:
        """Who is connected to it here, once for each connection."""

    def forget(self, gone: Callable[[Encoded], bool], /) -> None:
        """Drop events that memory holds for subscribers who return or are still catching up."""


class Publisher(Protocol):
    """A program that may publish live events. They count against the share of the log of its ``owner``."""

    owner: str

    def check(self, topics: Collection[str], /) -> None:
        """Raise `Problem` of 403 if it may not publish to one of these topics."""

    def spend(self, events: int, size: int, /) -> None:
        """Count what it is about to publish, ``size`` in bytes; raise `Problem` of 429 if that is too
        much."""


class Application(DocumentStore, Collector):
    """What is served over the hub: who people are, what they may read, and which events it can recover.

    An instance makes one of it, by ``HUB_APPLICATION``, and calls it on the event loop: what is not
    ``async`` must not block. A subclass implements `admit`, `enter`, `revoked` and `recover`; the rest does
    nothing unless it is overridden.
    """

    @abstractmethod
    async def admit(self, credentials: Credentials, topics: Sequence[str], own: bool, /) -> Person:
        """Authenticate a client of the feed, and authorize it to read these topics, with their inbox if
        ``own``. Raises `hub.errors.Problem` of 401 or 403."""

    @abstractmethod
    async def enter(self, credentials: Credentials, room: str, /) -> Entry:
        """Authenticate a client, and authorize it to enter a room. Raises `Problem` of 401, 403 or 404."""

    async def redeem(self, credentials: Credentials, /) -> Credentials:
        """The credentials to enter several rooms with, instead of those that work once. Raises `Problem` of
        401."""
        return credentials

    @abstractmethod
    async def revoked(self, people: Sequence[Person], /) -> dict[Person, bool]:
        """Those of these people who lost a right that their connection depends on, and whether they may
        come back with the rights that are left."""

    @abstractmethod
    async def recover(self, after: Mapping[str, int], /) -> Recovered:
        """Events that the log no longer has: the first after a position of each topic."""

    async def extend(self, person: Person, topics: Sequence[str], /) -> Person:
        """Authorize a person with an open feed to read further topics; the person as from then on,
        with the same inbox. Raises `Problem` of 401 or 403."""
        raise Problem(403, "You may not read these topics: open a feed with them.", topics=list(topics))

    def rights_changed(self, name: str, /) -> None:
        """Rights of a person (by id), of all who have a token from a program (by `Person.key`), or of
        everyone (``*``) may have changed, here or on another instance."""

    def receiving(self, live: bool, /) -> None:
        """Whether events, and calls of `rights_changed`, arrive as they happen; at first they do not.
        Between two periods of it some were missed."""

    async def publisher(self, headers: Mapping[str, str], /) -> Publisher:
        """The program that sent a request to ``HUB_EVENTS_PATH``, by its headers, whose names are in lower
        case; called before a large body is read, too. Raises `Problem` of 401 or 403."""
        raise Problem(403, "Nothing is published here: this hub takes no live events from programs.")

    def known_publisher(self, headers: Mapping[str, str], /) -> Publisher | None:
        """What `publisher` returns or raises where that is known without waiting; None: ask `publisher`."""
        return None

    def origin_refused(self, origin: str, path: str, address: str, /) -> None:
        """An endpoint refused a page of this origin; ``address`` is the client's."""

    def route(self, scope: Mapping[str, Any], feeds: Endpoint, pages: Endpoint, /) -> Endpoint | None:
        """What answers a request, by its ASGI scope, on the event loop, beside the pages; None for the
        others. ``feeds`` is the hub's feed, ``pages`` what answers those others."""
        return None

    def streams_body(self, path: str, method: str, content_type: str, /) -> bool:
        """Whether what `route` returns reads the body of such a request while it arrives, however long it
        gets. What it reads, and how long it waits, it then bounds itself."""
        return False

    def event_received(self, event: Event, topic: Topic, /) -> None:
        """An event is about to be delivered to the subscribers of its topic in this process."""

    async def feed_opened(self, feed: Feed, /) -> dict[str, Any]:
        """A feed was admitted; what is added to the data of its ``stream-open``. Called again for one that is
        polled, when there is something to answer with."""
        return {}

    def feed_caught_up(self, feed: Feed, spans: Sequence[Span], /) -> None:
        """A feed that came with a position was sent everything within these spans."""

    def acknowledged(self, person: str, ids: Sequence[str], /) -> None:
        """A page of a person (by id) has received the events whose data have these ids, or says so. Raises
        `Problem` of 429 or 503 if too many of them wait."""

    def feed_closed(self, feed: Feed, /) -> None:
        """A feed that `feed_opened` was called with is over, or will not open."""

    async def feeds_leaving(self) -> None:
        """The instance leaves: its feeds are moved to others once this returns. Never raises."""

    async def messages(self, topic: str, limit: int, /) -> list[Event]:
        """The last messages that it keeps of a room's topic, oldest first."""
        return []

    async def messages_at(self, topic: str, positions: Sequence[int], /) -> list[Event]:
        """Those of a room's messages that it keeps at these positions, as they stand now. Raises if they
        cannot be read."""
        return []

    async def moderates(self, person: Person, topic: str, /) -> bool:
        """Whether a person may remove what others said in a room."""
        return False

    def message_appended(self, topic: str, /) -> None:
        """There is a new message, or a change of one, on a room's topic; called once or more for each. Never
        raises."""

    async def live_report(self, topic: str, /) -> tuple[str, Any] | None:
        """What staff who are subscribed to a staff topic are shown now: an event's type and data."""
        return None

    async def trouble(self) -> str:
        """Why it cannot work now, in a few words for ``/readyz``; empty if it can."""
        return ""

    async def highest_position(self) -> int:
        """The highest position that is known from what it keeps of events; 0 if it keeps none."""
        return 0

    async def backlog(self) -> int:
        """How many events it has yet to append to the log."""
        return 0

    def collect(self) -> Iterable[Metric]:
        """Families of its own for ``/metrics``."""
        return ()

    def loops(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Loops to run while the instance serves, by the name under which a crash is logged. One that ends
        with an error ends the process."""
        return {}

    async def flush(self) -> None:
        """The instance has closed its connections and is about to end: write what waits. Never raises."""
