"""Spans from the POST, or from a line in a room, to each instance's delivery, by OpenTelemetry; nothing at
all where it is off.

On with ``HUB_OTLP_URL`` and the extra ``notification-hub[tracing]``. A traceparent travels with each event
in its JSON (``"trace"``), so that what an instance delivers is a child of the append, wherever that was. No
span bears what was said: a topic, a type, an id and numbers.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from hub import __version__
from hub.events import Draft, Event
from hub.log import PLAIN, Log, Placed, Terms

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_TRACE = re.compile(rb',"trace":"([0-9a-f-]{55})"\}\Z')
_ID = re.compile(rb'"data":\{"id":"([0-9a-f-]{36})"')


@cache
def tracer() -> Tracer:
    """The one that sends to ``HUB_OTLP_URL``."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {"service.name": "hub", "service.instance.id": settings.HUB_INSTANCE}
    provider = TracerProvider(resource=Resource.create({**named, "service.version": __version__}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(settings.HUB_OTLP_URL)))
    return provider.get_tracer("hub", __version__)


class Traced:
    """Django middleware: a span around each request, a child of the caller's if it names one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with tracer().start_as_current_span(
            f"{request.method} request", context=_context(request.headers.get("traceparent", ""))
        ) as span:
            response = self._get_response(request)
            if request.resolver_match is not None:
                span.update_name(f"{request.method} /{request.resolver_match.route}")
            span.set_attribute("http.response.status_code", response.status_code)
            return response


class TracedLog:
    """A log whose every append, of a line in a room too, is a span that travels with the event. The rest is
    the log's own."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def append(self, drafts: Sequence[Draft], terms: Terms = PLAIN) -> list[int]:
        with _traced(drafts) as traced:
            return self._log.append(traced, terms)

    async def place(self, drafts: Sequence[Draft], after: int | None = None) -> list[Placed]:
        with _traced(drafts) as traced:
            return await self._log.place(traced, after)


class Deliveries:
    """A tap of the fan-out: each event delivered here is a span, from its position to now."""

    def __init__(self, listening: Callable[[str], int]) -> None:
        self._listening = listening

    def tap(self, event: Event) -> None:
        found = _TRACE.search(event.body)
        if found is None:
            return
        span = tracer().start_span(
            "deliver", context=_context(found[1].decode()), start_time=event.position * 1000
        )
        span.set_attributes(
            {
                "hub.topic": event.topic,
                "hub.type": event.type,
                "hub.position": event.position,
                "hub.subscribers": self._listening(event.topic),
                "hub.instance": settings.HUB_INSTANCE,
            }
        )
        span.end(max(time.time_ns(), event.position * 1000))


@contextmanager
def _traced(drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
    spans = [_begin(draft) for draft in drafts]
    try:
        yield [_sent_along(*pair) for pair in zip(drafts, spans, strict=True)]
    finally:
        for span in spans:
            span.end()


def _begin(draft: Draft) -> Span:
    span = tracer().start_span("append", attributes={"hub.topic": draft.topic, "hub.type": draft.type})
    if draft.type == "notification" and (found := _ID.search(draft.body)):
        span.set_attribute("hub.notification", found[1].decode())
    return span


def _sent_along(draft: Draft, span: Span) -> Draft:
    said = span.get_span_context()
    parent = b"00-%032x-%016x-%02x" % (said.trace_id, said.span_id, said.trace_flags)
    return draft._replace(body=b'%b,"trace":"%b"}' % (draft.body[:-1], parent))


def _context(traceparent: str) -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent}) if traceparent else None
