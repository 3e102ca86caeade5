"""The feed endpoint: admits a client, replays what it missed, and streams server-sent events.

It is an ASGI application next to Django, not a view: an open feed holds no thread, no database connection and
no request. Where the server gives the connection away (``hub.adopt``), the coroutine ends once the feed is
live, and only the subscriber remains.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from prometheus_client import Histogram

from hub.delivery.asgi_sender import AsgiSender
from hub.delivery.catch_up import CatchUp
from hub.delivery.endpoint import Endpoint, EndpointOptions
from hub.delivery.fanout import Fanout
from hub.delivery.limits import ConnectionLimits
from hub.delivery.subscriber import Subscriber
from hub.errors import Problem
from hub.feeds import transports
from hub.feeds.acknowledgements import Acknowledgements
from hub.feeds.body import MAX_BYTES
from hub.feeds.feed_ids import FeedIds
from hub.feeds.long_poll import LongPoll
from hub.feeds.request import FeedRequest
from hub.feeds.sse import POLL, SSE, opening, retry_ms
from hub.feeds.translated import TranslatedSubscriber
from hub.feeds.transports import Headers, Transport
from hub.log.replay import Replay
from hub.ports import Application
from hub.support import mount, origins, outages
from hub.support.asgi import Receive, Scope, Send, read_body, respond, respond_problem

PATH = "/feed/"
CONTENT_TYPE = b"content-type"
HEADERS = [
    (CONTENT_TYPE, b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),  # a compressing proxy would hold events back
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
REPLAY_BUCKETS = (0, 1, 10, 100, 1000)  # events


class Feeds(Endpoint[FeedRequest, Subscriber]):
    """The feed endpoint, an ASGI application."""

    kind = "feed"

    def __init__(
        self,
        fanout: Fanout,
        limits: ConnectionLimits,
        options: EndpointOptions,
        *,
        replay: Replay,
        application: Application,
        acknowledgements: Acknowledgements,
        ids: FeedIds,
    ) -> None:
        super().__init__(fanout, limits, options, replay=replay, application=application)
        self._acknowledgements = acknowledgements
        self._ids = ids
        self.replays = Histogram(
            "hub_replay_events",
            "Events replayed to a feed that resumed.",
            buckets=REPLAY_BUCKETS,
            registry=None,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = FeedRequest(scope, self.options.origins)
        except origins.ForeignOrigin as problem:
            origins.report_refused(self._application, problem, scope)
            return await respond_problem(send, problem)
        try:
            request.check(self.options.hosts, tls=self.options.tls)
            if request.method == "OPTIONS":
                return await respond(send, 204, headers=request.cors)
            if scope["path"] != PATH:
                location = f"{mount.prefix()}{PATH}?".encode() + scope["query_string"]
                return await respond(send, 308, headers=[(b"location", location), *request.cors])
            body = await read_body(receive, MAX_BYTES) if request.method == "POST" else b""
            if body is None:
                return
            request.read(body)
            subscriber = await self.admit(request)
        except Problem as problem:
            return await respond_problem(send, problem, request.cors)
        headers = HEADERS + request.cors
        if request.translation is not None:
            headers = request.translation.fields(headers)
        if request.translation is not None and request.translation.empty:
            self.release(subscriber)
            return await respond(send, 204, headers=[field for field in headers if field[0] != CONTENT_TYPE])
        if request.method == "HEAD":
            self.release(subscriber)
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            return await send({"type": "http.response.body", "body": b""})
        if request.wait_s is not None:
            return await self._answer_poll(request, subscriber, receive, send, headers, request.wait_s)
        transport = transports.transport(
            scope,
            receive,
            send,
            subscriber=subscriber,
            headers=headers,
            mailbox_bytes=self.options.mailbox_bytes,
            on_close=partial(self.release, subscriber),
        )
        try:
            facts = await self._facts(request, subscriber)
            catchup = CatchUp(
                self._fanout,
                self._replay,
                subscriber,
                after=request.after,
                resumed=request.after is not None,
                opening=partial(opening, subscriber.topics, facts),
                write=_write(transport, subscriber),
                preamble=b"retry: %d\n" % retry_ms(),
            )
            await catchup.run()
            self._caught_up(subscriber, catchup, resumed=request.after is not None)
            await transport.follow()
        except Exception as error:
            refusal = outages.problem(error, "opening a feed")
            subscriber.close("error")
            if transport.started:
                await transport.follow()  # to its end, which is now
            else:
                await respond_problem(send, refusal, request.cors)
        finally:
            if transport.leave():
                self.release(subscriber)

    async def _answer_poll(
        self,
        request: FeedRequest,
        subscriber: Subscriber,
        receive: Receive,
        send: Send,
        headers: Headers,
        wait_s: int,
    ) -> None:
        """One response with a length, after which the connection is the client's again."""
        disconnect = asyncio.ensure_future(transports.close_on_disconnect(receive, subscriber))
        try:
            poll = LongPoll(
                self._fanout,
                self._replay,
                subscriber,
                request.after,
                repeats_values=request.repeats_values,
            )
            facts = await self._facts(request, subscriber)
            await poll.run(wait_s)
            if subscriber.closed == "gone":
                return
            self._caught_up(subscriber, poll.catchup, resumed=request.after is not None)
            if poll.brings:
                # What changes with these events is sent after them: on a stream, but this answer ends here.
                facts = await self._facts(request, subscriber)
            body = poll.body(facts)
            if request.translation is not None:
                body = await request.translation.translate_poll(body)
        except Exception as error:
            subscriber.close("error")
            return await respond_problem(send, outages.problem(error, "answering a poll"), request.cors)
        finally:
            disconnect.cancel()
            self.release(subscriber)
        headers = [*headers, (b"content-length", b"%d" % len(body))]
        send = AsgiSender(send, subscriber)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _facts(self, request: FeedRequest, subscriber: Subscriber) -> dict[str, Any]:
        """What ``stream-open`` contains along with the position and the topics."""
        added = await self._application.feed_opened(subscriber)
        facts = {**added, "heartbeat_s": self.options.heartbeat_s}
        id = self._ids.sign(subscriber, by_ticket=bool(request.credentials.ticket))
        if request.wait_s is None:
            facts["feed"] = id
        if request.acknowledges:
            self._acknowledgements.add(subscriber)
            facts["ack"] = id
        return facts

    def _caught_up(self, subscriber: Subscriber, catchup: CatchUp, *, resumed: bool) -> None:
        if resumed:
            self.replays.observe(catchup.events)
        if catchup.events:
            self._application.feed_caught_up(subscriber, catchup.spans())

    async def drain(self, seconds: float) -> None:
        """As every endpoint, once the application has prepared it."""
        self.draining = True
        began = time.monotonic()
        if seconds:
            await self._application.feeds_leaving()
        await super().drain(max(0.0, seconds - (time.monotonic() - began)))

    async def _authorize(self, request: FeedRequest) -> Subscriber:
        person = await self._application.admit(request.credentials, request.topics, request.own)
        own = person.own if request.own else ()
        topics = tuple(dict.fromkeys((*own, *request.topics)))
        if not topics:
            raise Problem(400, "No topic to listen to: name one, or leave out own=0.")
        streams = request.wait_s is None
        translation = request.translation if streams else None
        kind = partial(TranslatedSubscriber, translation=translation) if translation else Subscriber
        return kind(
            person,
            address=request.address,
            topics=topics,
            dialect=SSE if streams else POLL,
            mailbox_bytes=self.options.mailbox_bytes,
        )

    def release(self, subscriber: Subscriber) -> None:
        super().release(subscriber)
        self._acknowledgements.remove(subscriber)
        self._application.feed_closed(subscriber)

    def _live_topics(self, subscriber: Subscriber) -> int:
        """Those outside the user's own inbox."""
        return sum(topic not in subscriber.person.own for topic in subscriber.topics)


def _write(transport: Transport, subscriber: Subscriber) -> Callable[[bytes], Awaitable[None]]:
    if isinstance(subscriber, TranslatedSubscriber):
        return partial(subscriber.replay, transport)
    return transport.write
