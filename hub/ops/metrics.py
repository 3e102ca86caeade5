"""The `/metrics` endpoint: the registry of this instance, in Prometheus's text format."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.errors import Problem
from hub.support.asgi import Send, respond, respond_problem
from hub.support.request import Request

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BACKLOG_EVERY_S = 5.0  # the database is queried no more often, however often this is scraped
BACKLOG_TIMEOUT_S = 1.0  # without an answer by then the backlog is left out

Backlog = Callable[[], Awaitable[int]]

logger = logging.getLogger(__name__)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second family for each counter


class Metrics:
    """An ASGI endpoint, readable from loopback or with ``key``, and the registry that it serves.

    ``backlog`` counts the notifications that are committed and due but not in the log.
    """

    def __init__(self, *, key: str = "", backlog: Backlog | None = None) -> None:
        self._key = key
        self._backlog = backlog
        self._unpublished: int | None = None  # None while unknown
        self._queried_at = float("-inf")
        self.registry = CollectorRegistry()
        self.registry.register(self)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    async def __call__(self, request: Request, send: Send) -> None:
        if not self._may_read(request):
            problem = Problem(403, "Metrics are read from loopback, or with HUB_METRICS_KEY.")
            return await respond_problem(send, problem)
        await self._query_backlog()
        await respond(send, 200, generate_latest(self.registry), CONTENT_TYPE)

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Export what ``read`` returns when it is scraped."""
        Gauge(name, text, registry=self.registry).set_function(read)

    def counter(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Export an int that the hot path counts, where the lock of a `Counter` costs too much."""
        self.registry.register(_ReadCounter(name, text, lambda: {"": read()}))

    def counters(self, name: str, text: str, label: str, read: Callable[[], Mapping[str, float]]) -> None:
        """The same for several, by the value of one label."""
        self.registry.register(_ReadCounter(name, text, read, label))

    def collect(self) -> Iterator[Metric]:
        if self._unpublished is not None:
            text = "Notifications committed and due that are not in the log yet."
            yield GaugeMetricFamily("hub_unpublished", text, self._unpublished)

    async def _query_backlog(self) -> None:
        now = time.monotonic()
        if self._backlog is None or now - self._queried_at < BACKLOG_EVERY_S:
            return
        self._queried_at = now
        try:
            async with asyncio.timeout(BACKLOG_TIMEOUT_S):
                self._unpublished = await self._backlog()
        except Exception as error:
            logger.info("the backlog could not be counted: %s", type(error).__name__)
            self._unpublished = None

    def _may_read(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("latin-1")
        if self._key and hmac.compare_digest(given, b"Bearer " + self._key.encode()):
            return True
        try:
            return ipaddress.ip_address(request.address).is_loopback
        except ValueError:
            return False


class _ReadCounter(Collector):
    def __init__(
        self, name: str, text: str, read: Callable[[], Mapping[str, float]], label: str | None = None
    ) -> None:
        self._name = name
        self._text = text
        self._read = read
        self._labels = [label] if label else []

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily(self._name, self._text, labels=self._labels)
        for value, count in self._read().items():
            family.add_metric([value] if self._labels else [], count)
        yield family
