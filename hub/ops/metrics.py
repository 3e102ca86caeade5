"""What an instance says about itself to Prometheus. Counted by plain numbers, gathered when asked."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from itertools import chain

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from hub.delivery import sockets
from hub.delivery.fanout import Fanout
from hub.errors import Problem
from hub.feeds.endpoint import Feeds
from hub.log import Log
from hub.rooms.endpoint import Rooms
from hub.rooms.registry import Lobby
from hub.support.asgi import Scope, Send, respond, respond_problem

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LAG_EVERY_S = 0.25
LAG_KEPT = 40  # ten seconds
BACKLOG_EVERY_S = 5.0  # the database is asked no oftener, whoever reads
BACKLOG_WAIT_S = 1.0  # and not waited for longer: what it does not say is left out

Ask = Callable[[], Awaitable[int]]

logger = logging.getLogger(__name__)


class Metrics:
    def __init__(
        self,
        log: Log,
        fanout: Fanout,
        feeds: Feeds,
        rooms: Rooms,
        lobby: Lobby,
        key: str,
        info: Mapping[str, str] | None = None,
        backlog: Ask | None = None,
    ) -> None:
        self._log = log
        self._fanout = fanout
        self._feeds = feeds
        self._rooms = rooms
        self._lobby = lobby
        self._key = key
        self._lags = [0.0]
        self._info = info or {}
        self._backlog = backlog
        self._waiting: int | None = None  # notifications; None while nobody knows
        self._asked_at = float("-inf")
        self._others: list[Callable[[], Iterator[Metric]]] = []
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    async def __call__(self, scope: Scope, send: Send) -> None:
        if not self._allowed(scope):
            problem = Problem(403, "Metrics are read from loopback, or with HUB_METRICS_KEY.")
            return await respond_problem(send, problem)
        await self._ask()
        await respond(send, 200, generate_latest(self._registry), CONTENT_TYPE)

    async def run(self) -> None:
        """Measure how late the loop is, until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(LAG_EVERY_S)
            self._lags.append(max(0.0, time.perf_counter() - began - LAG_EVERY_S))
            del self._lags[:-LAG_KEPT]

    def add(self, collect: Callable[[], Iterator[Metric]]) -> None:
        """Tell what others count, too."""
        self._others.append(collect)

    @property
    def loop_lag_s(self) -> float:
        """How late the loop was; the worst of the last ten seconds."""
        return max(self._lags)

    def collect(self) -> Iterator[Metric]:
        fanout, feeds, rooms = self._fanout, self._feeds, self._rooms
        waiting = [subscriber.waiting for subscriber in chain(feeds.connections, rooms.connections)]
        yield GaugeMetricFamily("hub_feeds", "Open feeds.", len(feeds.connections))
        yield GaugeMetricFamily("hub_rooms", "Open rooms.", len(self._lobby.rooms))
        yield GaugeMetricFamily("hub_members", "Open connections in rooms.", len(rooms.connections))
        yield GaugeMetricFamily("hub_topics", "Topics heard here.", fanout.topics)
        yield GaugeMetricFamily("hub_mailbox_bytes", "Bytes that wait for readers.", sum(waiting))
        yield GaugeMetricFamily(
            "hub_mailbox_bytes_max", "Bytes that wait for the slowest.", max(waiting, default=0)
        )
        yield GaugeMetricFamily("hub_hearing", "1 while the log is heard.", fanout.hearing)
        yield GaugeMetricFamily("hub_draining", "1 while this instance leaves.", feeds.draining)
        yield GaugeMetricFamily(
            "hub_log_silence_seconds", "Since the log was last heard.", self._log.silence()
        )
        yield GaugeMetricFamily(
            "hub_hearing_lag_seconds", "From an event's position to its being heard; the last.", fanout.lag_s
        )
        yield GaugeMetricFamily(
            "hub_loop_lag_seconds", "How late the loop was; the worst of 10 s.", self.loop_lag_s
        )
        yield CounterMetricFamily("hub_events_heard", "Events heard from the log.", fanout.heard_events)
        yield CounterMetricFamily("hub_deliveries", "Events given to subscribers.", fanout.deliveries)
        yield CounterMetricFamily("hub_heals", "Times the log was read to be sure.", fanout.heals)
        yield CounterMetricFamily("hub_holes", "Holes found in what was heard.", fanout.holes)
        writes = CounterMetricFamily("hub_writes", "Writes to sockets given away.", labels=["how"])
        writes.add_metric(["direct"], sockets.direct)
        writes.add_metric(["deferred"], sockets.deferred)
        yield writes
        signals = self._lobby.signals
        yield CounterMetricFamily("hub_signals_published", "Signals given to the layer.", signals.published)
        yield CounterMetricFamily("hub_signals_heard", "Signals heard from it.", signals.heard)
        yield CounterMetricFamily("hub_signals_dropped", "Signals lost or overtaken.", signals.dropped)
        yield _closes("hub_closes", "Feeds that ended.", feeds.closes)
        yield _closes("hub_room_closes", "Connections in rooms that ended.", rooms.closes)
        yield _histogram("hub_replay_events", "Events a returning feed was given.", feeds.replays)
        if self._info:
            yield InfoMetricFamily("hub_instance", "Which instance this is.", dict(self._info))
        if self._waiting is not None:
            yield GaugeMetricFamily(
                "hub_unpublished", "Notifications committed, due, and not in the log.", self._waiting
            )
        for collect in self._others:
            try:
                yield from collect()
            except Exception:
                logger.exception("some metrics could not be collected")

    async def _ask(self) -> None:
        now = time.monotonic()
        if self._backlog is None or now - self._asked_at < BACKLOG_EVERY_S:
            return
        self._asked_at = now
        try:
            async with asyncio.timeout(BACKLOG_WAIT_S):
                self._waiting = await self._backlog()
        except Exception as error:
            logger.info("the backlog could not be counted: %s", type(error).__name__)
            self._waiting = None

    def _allowed(self, scope: Scope) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        if self._key and hmac.compare_digest(given, b"Bearer " + self._key.encode()):
            return True
        try:
            return ipaddress.ip_address(scope["client"][0]).is_loopback
        except (TypeError, ValueError):
            return False


def _closes(name: str, text: str, closes: Counter[str]) -> Metric:
    family = CounterMetricFamily(name, text, labels=["reason"])
    for reason, times in closes.items():
        family.add_metric([reason], times)
    return family


def _histogram(name: str, text: str, counts: dict[float, int]) -> Metric:
    """From how often each bound was the least that fits; the sum is not kept."""
    total = 0
    buckets = []
    for bound, times in sorted(counts.items()):
        total += times
        buckets.append(("+Inf" if bound == float("inf") else f"{bound:g}", float(total)))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=None)
