from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pytest

from hub.delivery.endpoint import EndpointOptions
from hub.delivery.fanout import Fanout
from hub.delivery.limits import ConnectionLimits
from hub.delivery.revocation import Revocation
from hub.errors import Problem
from hub.events import Event, draft
from hub.feeds.endpoints import FeedEndpoints
from hub.feeds.topics_endpoint import TopicsEndpoint
from hub.log.memory import MemoryLog
from hub.log.replay import Replay
from hub.ports import Credentials, Feed, Person, Recovered, Span, Topic
from hub.support.asgi import ASGIApplication
from notifications import serialization
from notifications.inbox.unread_counts import UnreadCounts
from notifications.tracking.delivery_journal import DeliveryJournal
from tests.unit.hub.stub_application import StubApplication

DEADLINE_S = 10


@dataclass
class SentEvent:
    """An event as a client parses it (WHATWG HTML, 9.2.6, the part we use)."""

    type: str = "message"
    data: Any = None
    id: str = ""


class Client:
    """One request to the feed, driven by hand: what was sent, and the events in it so far."""

    def __init__(
        self,
        app: ASGIApplication,
        query: list[tuple[str, str]],
        headers: dict[str, str],
        method: str,
        body: bytes = b"",
    ) -> None:
        fields = {"host": "testserver", "authorization": "Bearer 1", **headers}
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": "/feed/",
            "query_string": urlencode(query).encode(),
            "headers": [(name.encode(), value.encode()) for name, value in fields.items() if value],
        }
        self._request_body = body
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.writes = 0
        self.ended = False
        self._blocked = asyncio.Event()
        self._blocked.set()
        self._leave = asyncio.Event()
        self.task = asyncio.create_task(self._run(app))

    async def _run(self, app: ASGIApplication) -> None:
        asked = False

        async def receive() -> MutableMapping[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": self._request_body}
            await self._leave.wait()
            return {"type": "http.disconnect"}

        await app(self.scope, receive, self._send)
        self.ended = True

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        await self._blocked.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message["body"]
            self.writes += 1

    @property
    def events(self) -> list[SentEvent]:
        blocks = self.body.decode().split("\n\n")
        events = []
        for block in blocks[:-1]:
            event = SentEvent()
            for line in block.splitlines():
                name, _, value = line.partition(": ")
                if name == "event":
                    event.type = value
                elif name == "id":
                    event.id = value
                elif name == "data":
                    event.data = json.loads(value)
            if event.data is not None:
                events.append(event)
        return events

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    @property
    def problem(self) -> dict[str, Any]:
        problem: dict[str, Any] = json.loads(self.body)
        return problem

    def stop_reading(self) -> None:
        self._blocked.clear()

    def read_on(self) -> None:
        self._blocked.set()

    def leave(self) -> None:
        self._leave.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                await asyncio.sleep(0)
                if self.task.done():
                    self.task.result()
                    if not condition():
                        raise AssertionError(f"it ended first: {self.body[-500:]!r}")

    async def until_event(self, type: str, times: int = 1) -> None:
        await self.until(lambda: self.types.count(type) >= times)

    async def until_ended(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            await self.task


async def nothing() -> None:
    pass


@dataclass
class Desk(StubApplication):
    """A hub of one process without a database: a memory log, and an application of a few lambdas."""

    limits: dict[str, Any] = field(default_factory=dict)
    max_connections: dict[str, int] = field(default_factory=dict)  # as of `ConnectionLimits`
    rows: list[Event] = field(default_factory=list)  # what the database could recover
    unread: int = 3
    database_down: bool = False
    uncountable: set[str] = field(default_factory=set)  # people whose count fails
    gone: dict[str, bool] = field(default_factory=dict)
    max_events: int = 100
    replay_max: int = 1000
    acknowledged_ids: list[tuple[str, Sequence[str]]] = field(default_factory=list)  # by person
    before_extending: Callable[[], Awaitable[None]] = nothing
    since: int = 0  # the position at which everybody came to their topics

    def __post_init__(self) -> None:
        self.log = MemoryLog(self.max_events, 3600)
        replay = Replay(self.log, self, self.replay_max)
        self.fanout = Fanout(self.log, replay)
        self.unread_counts = UnreadCounts(self.counts)
        self.journal: DeliveryJournal | None = None
        defaults: dict[str, Any] = {
            "heartbeat_s": 20,
            "max_age_s": 3600,
            "mailbox_bytes": 64 * 1024,
            "origins": frozenset({"https://app.example.com"}),
            "hosts": ("testserver",),
        }
        options = EndpointOptions(**{**defaults, **self.limits})
        maxima = {"instance": 100, "per_user": 50, "per_address": 100, **self.max_connections}
        limits = ConnectionLimits(**maxima)
        self.endpoints = FeedEndpoints(
            self.log, self.fanout, limits, options, replay=replay, application=self
        )
        self.feeds = self.endpoints.feeds
        self.acknowledgements = self.endpoints.acknowledgements
        self.ack_endpoint = self.endpoints.paths["/feed/acks"]
        topics_endpoint = self.endpoints.paths["/api/v1/feed/topics"]
        assert isinstance(topics_endpoint, TopicsEndpoint)
        self.topics_endpoint = topics_endpoint
        self.revocation = Revocation(self.fanout.control, [self.feeds.connections], self)
        self.fanout.on_state.append(self.receiving)
        self.fanout.taps.append(lambda event: self.event_received(event, self.fanout.topics[event.topic]))
        self.clients: list[Client] = []
        self.asked: list[Mapping[str, int]] = []  # of the database

    async def admit(self, credentials: Credentials, topics: Sequence[str], own: bool, /) -> Person:
        if credentials.ticket:
            return Person(credentials.ticket, "", ())
        if not credentials.bearer:
            raise Problem(401, "Who are you?")
        denied = [topic for topic in topics if topic.startswith("secret")]
        if denied:
            raise Problem(403, "Not yours.", topics=denied)
        person, _, expires_at = credentials.bearer.partition("@")
        inbox = ("everyone", f"user-{person}")
        since = (self.since,) * len(inbox)
        return Person(person, person, inbox, since, expires_at=float(expires_at) if expires_at else None)

    async def extend(self, person: Person, topics: Sequence[str], /) -> Person:
        await self.before_extending()
        if denied := [topic for topic in topics if topic.startswith(("secret", "ticketless"))]:
            raise Problem(403, "Not yours.", topics=denied)
        return replace(person, granted=(*person.granted, *topics))

    async def counts(self, people: Sequence[Person]) -> dict[str, dict[str, int]]:
        if self.database_down:
            raise OSError("the database is down")
        if any(person.id in self.uncountable for person in people):
            raise ValueError("a row of theirs cannot be read")
        return {p.id: {"unread": self.unread, "unseen": 0, "version": self.log.head()} for p in people}

    async def recover(self, holes: Mapping[str, int], /) -> Recovered:
        if self.database_down:
            raise OSError("the database is down")
        self.asked.append(holes)
        found = [row for row in self.rows if row.topic in holes and row.position > holes[row.topic]]
        return Recovered(found[:2], len(found) > 2, frozenset())

    async def revoked(self, people: Sequence[Person], /) -> dict[Person, bool]:
        return {person: self.gone[person.id] for person in people if person.id in self.gone}

    def receiving(self, live: bool, /) -> None:
        if live:
            self.unread_counts.receiving(live)

    def event_received(self, event: Event, topic: Topic, /) -> None:
        self.unread_counts.event_received(event)
        serialization.forget_recalled(event, topic)
        if self.journal is not None:
            self.journal.event_received(event, topic)

    async def feed_opened(self, feed: Feed, /) -> dict[str, Any]:
        return {"count": await self.unread_counts.feed_opened(feed)}

    def feed_caught_up(self, feed: Feed, spans: Sequence[Span], /) -> None:
        if self.journal is not None:
            self.journal.feed_caught_up(feed, spans)

    def acknowledged(self, person: str, ids: Sequence[str], /) -> None:
        self.acknowledged_ids.append((person, ids))

    def feed_closed(self, feed: Feed, /) -> None:
        self.unread_counts.feed_closed(feed)

    def publish(self, topic: str, data: Any = None, type: str = "progress") -> int:
        return self.log.append([draft(topic, type, data)])[0]

    def open(
        self,
        *query: tuple[str, str],
        headers: dict[str, str] | None = None,
        method: str = "GET",
        body: bytes = b"",
    ) -> Client:
        client = Client(self.feeds, list(query), headers or {}, method, body)
        self.clients.append(client)
        return client

    async def opened(self, *query: tuple[str, str], headers: dict[str, str] | None = None) -> Client:
        client = self.open(*query, headers=headers)
        await client.until_event("stream-live")
        return client

    async def change(self, feed: str, *, headers: dict[str, str] | None = None, **lists: Any) -> Client:
        """The answer to a change of a feed's topics."""
        body = json.dumps({"feed": feed, **lists}).encode()
        return await self.posted(self.topics_endpoint, body, headers)

    async def posted(
        self, app: ASGIApplication, body: bytes, headers: dict[str, str] | None = None, method: str = "POST"
    ) -> Client:
        client = Client(app, [], headers or {}, method, body)
        await client.until_ended()
        return client

    async def refused(
        self, *query: tuple[str, str], headers: dict[str, str] | None = None, method: str = "GET"
    ) -> Client:
        client = self.open(*query, headers=headers, method=method)
        await client.until_ended()
        return client

    async def __aenter__(self) -> Desk:
        self.running = [
            asyncio.create_task(loop)
            for loop in (
                self.log.listen(self.fanout),
                self.fanout.run(),
                self.endpoints.run(),
                self.unread_counts.run(),
                self.revocation.run(),
            )
        ]
        await self.fanout.until_live()
        return self

    async def __aexit__(self, *error: object) -> None:
        for client in self.clients:
            client.read_on()
            client.leave()
        await asyncio.gather(*(client.task for client in self.clients), return_exceptions=True)
        for loop in self.running:
            loop.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with Desk() as desk:
        yield desk
