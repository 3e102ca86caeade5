"""What the hub serves here: the one object through which the hub and `notifications` meet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from prometheus_client.core import CounterMetricFamily, Metric

from hub import ports, topics
from hub.events import Draft, Event
from hub.log.current import shared_log
from hub.ports import Application, Credentials, Entry, Feed, Person, Publisher, Recovered, Span, Topic
from hub.postgresql.connection import breaker
from hub.support.invalidations import EVERYONE
from hub.support.threads import in_thread, submit
from notifications import recovery, serialization
from notifications.access import api_keys, membership, revocation, signed_in
from notifications.access.admission import Admission
from notifications.access.publishers import Publishers
from notifications.api import idempotency
from notifications.demo import instance_kill
from notifications.demo.agent import agent
from notifications.demo.playback import Playback
from notifications.inbox import counts, expiry, handed_counts
from notifications.inbox.unread_counts import UnreadCounts
from notifications.readiness import DatabaseReadiness
from notifications.rooms import history, kinds
from notifications.rooms.documents import StoredDocuments
from notifications.rooms.unread_rooms import UnreadRooms
from notifications.runs import endpoint, leases, stops, text
from notifications.runs.ingestions import ingestions
from notifications.runs.shared import production, recorder
from notifications.sending import outbox, relay
from notifications.sending.mentioned import notify_mentioned
from notifications.sign_in import foreign_origins
from notifications.tracking import acknowledgement_log, delivery_log, live_reports
from notifications.tracking.acknowledgement_journal import AcknowledgementJournal
from notifications.tracking.delivery_journal import DeliveryJournal

FLUSH_S = 2.0  # an instance that ends does not wait longer for the database
HAND_OVER_S = 1.0  # nor one that leaves

logger = logging.getLogger(__name__)


class Notifications(StoredDocuments, Application):
    """Inboxes, rooms and their history, of the users in Django's database."""

    def __init__(self) -> None:
        self._admission = Admission()
        self._policies = self._admission.policies
        self._publishers = Publishers()
        self._unread_counts = UnreadCounts(counts.load)
        self._readiness = DatabaseReadiness()
        self._journal = DeliveryJournal(lambda live, replayed: in_thread(delivery_log.write, live, replayed))
        self._acknowledgements = AcknowledgementJournal(
            lambda acknowledged: in_thread(acknowledgement_log.write, acknowledged)
        )
        self._unread_rooms = UnreadRooms(self._unread_counts.feeds)
        self._history = history.HistoryCopier(
            shared_log(), stored=self._unread_rooms.stored, notify=notify_mentioned
        )
        self._playback = Playback() if settings.HUB_DEMO else None
        breaker.on_return.append(partial(submit, idempotency.free_abandoned))

    async def admit(self, credentials: Credentials, topics: Sequence[str], own: bool, /) -> Person:
        return await self._admission.admit(credentials, topics, own)

    async def extend(self, person: Person, topics: Sequence[str], /) -> Person:
        return await self._admission.extend(person, topics)

    async def enter(self, credentials: Credentials, room: str, /) -> Entry:
        entry = await self._admission.enter(credentials, room)
        if kinds.is_kept(entry.kind):
            self._unread_rooms.entered(entry.person.id, entry.topic)
        return entry

    async def redeem(self, credentials: Credentials, /) -> Credentials:
        return await self._admission.redeem(credentials)

    async def revoked(self, people: Sequence[Person], /) -> dict[Person, bool]:
        await self._policies.current()
        return await revocation.revoked(people)

    async def recover(self, after: Mapping[str, int], /) -> Recovered:
        if rooms := [topic for topic in after if topics.is_room(topic)]:
            # What was appended before rows are read is a row by then, or recorded as lost.
            await self._history.copy(rooms)
        return await recovery.recover(after)

    def rights_changed(self, name: str, /) -> None:
        self._admission.invalidations.add(name)
        api_keys.forget_cached()
        if name == EVERYONE:
            self._policies.changed()

    def receiving(self, live: bool, /) -> None:
        self._admission.invalidations.complete = self._policies.connected = live
        self._policies.changed()
        self._unread_counts.receiving(live)

    async def publisher(self, headers: Mapping[str, str], /) -> Publisher:
        return await self._publishers.by_headers(headers)

    def known_publisher(self, headers: Mapping[str, str], /) -> Publisher | None:
        # A project's own `publisher` is asked every time.
        own = type(self).publisher is not Notifications.publisher
        return None if own else self._publishers.known(headers)

    def route(
        self, scope: Mapping[str, Any], feeds: ports.Endpoint, pages: ports.Endpoint, /
    ) -> ports.Endpoint | None:
        return endpoint.route(scope, feeds, pages)

    def streams_body(self, path: str, method: str, content_type: str, /) -> bool:
        return endpoint.streams_body(path, method, content_type)

    def origin_refused(self, origin: str, path: str, address: str, /) -> None:
        foreign_origins.refused(origin, path, address)

    def event_received(self, event: Event, topic: Topic, /) -> None:
        self._unread_counts.event_received(event)
        self._admission.event_received(event)
        if self._playback is not None:
            instance_kill.carry_out(event, self._works_for)
        stops.event_received(event)
        self._unread_rooms.event_received(event)
        serialization.forget_recalled(event, topic)
        self._journal.event_received(event, topic)  # the last, as it raises for what it cannot read

    async def feed_opened(self, feed: Feed, /) -> dict[str, Any]:
        facts = {"count": await self._unread_counts.feed_opened(feed)}
        if self._playback is None:
            return facts
        self._playback.feed_opened(feed)
        return {**facts, "instance": settings.HUB_INSTANCE}

    def feed_caught_up(self, feed: Feed, spans: Sequence[Span], /) -> None:
        self._journal.feed_caught_up(feed, spans)
        self._unread_counts.feed_caught_up(feed)

    def acknowledged(self, person: str, ids: Sequence[str], /) -> None:
        self._acknowledgements.add(person, ids)

    def feed_closed(self, feed: Feed, /) -> None:
        self._unread_counts.feed_closed(feed)
        if self._playback is not None:
            self._playback.feed_closed(feed)

    def _works_for(self, person: str) -> bool:
        """Whether this instance holds a stream of a person, or writes an answer for them."""
        return agent.answers(person) or (self._playback is not None and self._playback.reads(person))

    async def feeds_leaving(self) -> None:
        if settings.HUB_REDIS_URL:  # otherwise there is no other instance
            handing_over = _within_time("readers were not handed over", self._hand_over(), HAND_OVER_S)
            await asyncio.gather(handing_over, ingestions.leave())

    async def _hand_over(self) -> None:
        await _append([*signed_in.drafts(self._unread_counts.people())])
        await self._unread_counts.hand_over(_append)

    async def messages(self, topic: str, limit: int, /) -> list[Event]:
        return await history.messages(topic, limit)

    async def messages_at(self, topic: str, positions: Sequence[int], /) -> list[Event]:
        return await self._history.messages_at(topic, positions)

    async def moderates(self, person: Person, topic: str, /) -> bool:
        return await in_thread(membership.moderates, person.id)

    def message_appended(self, topic: str, /) -> None:
        self._history.message_appended(topic)

    async def live_report(self, topic: str, /) -> tuple[str, Any] | None:
        return await live_reports.report(topic)

    async def trouble(self) -> str:
        return await self._readiness.trouble()

    async def highest_position(self) -> int:
        return await recovery.highest_position()

    async def backlog(self) -> int:
        return await outbox.backlog()

    def collect(self) -> Iterable[Metric]:
        yield CounterMetricFamily(
            "hub_deliveries_not_written",
            "Delivery records dropped because they could not be written.",
            self._journal.lost,
        )
        yield CounterMetricFamily(
            "hub_unpublishable",
            "Notifications given up because no event can hold them.",
            outbox.given_up.times,
        )

    def loops(self) -> dict[str, Coroutine[Any, Any, None]]:
        production.notified = True
        return {
            "topic policies": self._policies.run(),
            "unread counts": self._unread_counts.run(),
            "expiry": expiry.run(self._unread_counts),
            "delivery journal": self._journal.run(),
            "acknowledgement journal": self._acknowledgements.run(),
            "room history": self._history.run(),
            "outbox relay": relay.run(),
            "handed over": handed_counts.receive_recent(
                (self._admission.event_received, self._unread_counts.handed_over)
            ),
            "unread rooms": self._unread_rooms.run(),
            **({} if self._playback is None else {"gallery": self._playback.run()}),
            "run recorder": recorder.run(),
            "run leases": leases.run(),
            "run texts": text.fold(shared_log()),
        }

    async def flush(self) -> None:
        await ingestions.leave()  # those that came meanwhile, on open connections
        await asyncio.gather(  # a log in memory goes with its process, and so do records that wait
            _within_time("the last room messages were not copied", self._history.flush()),
            _within_time("the last deliveries were not written", self._journal.flush()),
            _within_time("acknowledgements were not written", self._acknowledgements.flush()),
            _within_time("tokens of runs were not stored", recorder.flush()),
        )


async def _append(drafts: list[Draft]) -> None:
    await in_thread(shared_log().append, drafts)


async def _within_time(failure: str, act: Awaitable[None], seconds: float = FLUSH_S) -> None:
    try:
        async with asyncio.timeout(seconds):
            await act
    except Exception as error:
        logger.warning("%s: %s: %s", failure, type(error).__name__, error)
