"""The wiring: one instance of the hub, for the application that the settings name."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

import django

django.setup()

from channels.layers import channel_layers
from django.conf import settings
from django.utils.module_loading import import_string

from hub.delivery.endpoint import Endpoint, EndpointOptions
from hub.delivery.fanout import Fanout
from hub.delivery.floor import Floor
from hub.delivery.limits import ConnectionLimits
from hub.delivery.revocation import Revocation
from hub.delivery.shared_usage import SharedUsage
from hub.events import Event
from hub.feeds.endpoints import FeedEndpoints
from hub.log.current import shared_log
from hub.log.replay import Replay
from hub.ops import endpoints, instance_metrics, tracing
from hub.ops.endpoints import OperatorEndpoints
from hub.ops.health import Health
from hub.ops.instance_stats import InstanceStats
from hub.ops.live_status import LiveStatus
from hub.ops.loop_lag import LoopLag
from hub.ops.metrics import Metrics
from hub.ops.remote_commands import RemoteCommands
from hub.ops.topic_readers import TopicReaders
from hub.ports import Application
from hub.postgresql.connection import limit_statements
from hub.posts.endpoint import PostEndpoint
from hub.rooms import transports
from hub.rooms.documents.endpoint import Documents
from hub.rooms.endpoint import Rooms
from hub.rooms.presence.current import shared_presence
from hub.rooms.rate_limiter import Rates
from hub.rooms.registry import RoomRegistry
from hub.rooms.replay import RoomReplay
from hub.rooms.sockets.endpoint import SocketEndpoint
from hub.server.django_handler import DjangoHandler
from hub.support import mount
from hub.support.asgi import ASGIApplication, Receive, Scope, Send
from hub.support.lifespan import Lifespan

if TYPE_CHECKING:
    from hub.server.plain_posts import Post

ANSWER_S = 3.0  # in which an instance that leaves answers who is publishing

logger = logging.getLogger(__name__)


class Hub:
    """One instance: its endpoints, and the loops that run while it serves.

    A project has its own applications beside the hub's: ``websocket`` is given every WebSocket but those of
    rooms and documents (a `URLRouter`, an `AuthMiddlewareStack`; without it they are refused), and ``http``
    every request that is not for a feed, a room, a document or an operator's page (Django's, as the hub runs
    it, unless given). ``lifespan`` is started before the hub, and stopped after it. Under a server without
    lifespans the hub starts with the first connection; one around it may await `start` and `stop`.
    """

    def __init__(
        self,
        *,
        http: ASGIApplication | None = None,
        websocket: ASGIApplication | None = None,
        lifespan: ASGIApplication | None = None,
    ) -> None:
        self.websocket = websocket  # None: a WebSocket that is not a room's is refused
        self.application: Application = import_string(settings.HUB_APPLICATION)()
        self.log = shared_log()
        replay = Replay(self.log, self.application, settings.HUB_REPLAY_MAX)
        self.fanout = Fanout(self.log, replay)
        limits, options = ConnectionLimits.of_settings(), EndpointOptions.of_settings()
        self.feed_endpoints = FeedEndpoints(
            self.log, self.fanout, limits, options, replay=replay, application=self.application
        )
        self.feeds = self.feed_endpoints.feeds
        self.presence = shared_presence()
        self.registry = RoomRegistry(
            self.log,
            self.fanout,
            self.presence,
            layer=channel_layers["hub"],  # for signals alone: they flush it at need
            application=self.application,
            messages_per_day=settings.HUB_ROOM_LINES_PER_DAY,
        )
        self.rooms = Rooms(
            self.fanout,
            limits,
            options,
            replay=RoomReplay(self.log, self.application, settings.HUB_REPLAY_MAX),
            registry=self.registry,
            application=self.application,
            rates=Rates.of_settings(),
        )
        self.documents = Documents.of_settings(
            self.log, self.fanout, limits, options, replay=replay, application=self.application
        )
        sockets: dict[str, SocketEndpoint[Any]] = {"/rooms/": self.rooms, "/documents/": self.documents}
        self._sockets = {at: transports.application(endpoint) for at, endpoint in sockets.items()}
        open = [self.feeds.connections, self.rooms.connections, self.rooms.carried]
        open.append(self.documents.connections)
        self._endpoints: list[Endpoint[Any, Any]] = [self.feeds, self.rooms, self.documents]
        control = self.fanout.control
        self.revocation = Revocation(control, open, self.application)
        self.fanout.on_state.append(self.revocation.log_state)
        self.health = Health(
            self.log, feeds=self.feeds, fanout=self.fanout, check_database=self.application.trouble
        )
        self.loop_lag = LoopLag()
        name = settings.HUB_INSTANCE
        self.live_status = LiveStatus(
            self.log,
            self.fanout,
            instance=name,
            feeds=self.feeds,
            rooms=self.rooms,
            registry=self.registry,
            stats=InstanceStats(
                name, fanout=self.fanout, feeds=self.feeds, rooms=self.rooms, loop_lag=self.loop_lag
            ),
            application=self.application,
        )
        self.shared_usage = SharedUsage(
            limits, self.log, control, instance=name, leaving=lambda: any(e.draining for e in self._endpoints)
        )
        RemoteCommands(control, self._endpoints, instance=name, drain_s=settings.HUB_DRAIN_S)
        self.fanout.taps.append(self._tap)
        if settings.HUB_OTLP_URL:
            self.fanout.taps.append(tracing.DeliveryTracing(self._subscribers).tap)
        self.pages = DjangoHandler()
        self.metrics = Metrics(key=settings.HUB_METRICS_KEY, backlog=self.application.backlog)
        instance_metrics.export_log(self.metrics, self.log, self.fanout)
        instance_metrics.export_connections(self.metrics, self.feeds, self.rooms, limits, self.revocation)
        instance_metrics.export_rooms(self.metrics, self.registry, self.documents)
        instance_metrics.export_server(self.metrics, self.pages, self.loop_lag, name)
        self.metrics.registry.register(self.application)
        operators = OperatorEndpoints(self.health, self.metrics, settings.ALLOWED_HOSTS)
        self._http = http or self.pages
        self._paths: dict[str, ASGIApplication] = {
            **self.feed_endpoints.paths,
            **dict.fromkeys(endpoints.PATHS, operators),
        }
        self.posts = PostEndpoint(
            self.log,
            self.application.publisher,
            options,
            self.pages.durations,
            self.application.known_publisher,
        )
        publish: ASGIApplication = self.posts
        if settings.HUB_OTLP_URL:
            publish = tracing.EndpointTracing(publish, settings.HUB_EVENTS_PATH)
        self._posts = {settings.HUB_EVENTS_PATH: publish}
        self._lifespan = Lifespan(self.start, self.stop, lifespan)
        self._loops: list[asyncio.Task[None]] = []

    @property
    def plain_posts(self) -> Post | None:
        """Serves plain requests to publish in place of a call, unless something is around that."""
        plain = type(self).__call__ is Hub.__call__ and not settings.HUB_OTLP_URL
        return self.posts.post if plain else None

    def _tap(self, event: Event) -> None:
        self.application.event_received(event, self.fanout.topics[event.topic])

    def _subscribers(self, topic: str) -> int:
        return len(self.fanout.topics.get(topic, ()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._lifespan(scope, receive, send)
        if not self._loops:
            await self.start()
        own = mount.within(scope)
        socket = next((self._sockets[at] for at in self._sockets if own["path"].startswith(at)), None)
        if socket is not None and _is_handshake(scope):
            await socket(own, receive, send)
        elif scope["type"] == "websocket":
            await (self.websocket or _refuse_websocket)(scope, receive, send)
        else:
            path, method = own["path"], own["method"]
            endpoint = self._paths.get(path) or (self._posts.get(path) if method == "POST" else None)
            endpoint = endpoint or self.application.route(own, self.feeds, self._http)
            await (endpoint(own, receive, send) if endpoint else self._http(scope, receive, send))

    async def start(self) -> None:
        """Start the loops, once. One that ends with an error ends the process."""
        if self._loops:
            return
        limit_statements(settings.HUB_DATABASE_TIMEOUT_S)
        loops = {
            "log": self.log.listen(self.fanout),
            "floor": Floor(self.log, self.fanout, self.application).run(),
            "fanout": self.fanout.run(),
            "feeds": self.feed_endpoints.run(),
            "rooms": self.rooms.run(),
            "documents": self.documents.run(),
            "revocation": self.revocation.run(),
            "live status": self.live_status.run(),
            "topic readers": TopicReaders(self.log, self.fanout, instance=settings.HUB_INSTANCE).run(),
            "shared usage": self.shared_usage.run(),
            "loop lag": self.loop_lag.run(),
            **self.application.loops(),
        }
        self._loops = [asyncio.create_task(loop, name=name) for name, loop in loops.items()]
        for task in self._loops:
            task.add_done_callback(_loop_ended)

    async def stop(self) -> None:
        """Move clients elsewhere, write what waits, and end the loops."""
        seconds = settings.HUB_DRAIN_S
        await asyncio.gather(*(endpoint.drain(seconds) for endpoint in self._endpoints))
        await asyncio.gather(self.posts.drain(ANSWER_S), self.application.flush())
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self.presence.close()


async def _refuse_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 4404})


def _is_handshake(scope: Scope) -> bool:
    return scope["type"] == "websocket" or any(name == b"sec-websocket-key" for name, _ in scope["headers"])


def _loop_ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        # A hub without one of its loops would look alive and deliver nothing: exit, to be started again.
        logger.critical("the %s loop died", task.get_name(), exc_info=task.exception())
        os._exit(70)


# Of a project that makes a `Hub` of its own, this one never starts.
application = Hub()
