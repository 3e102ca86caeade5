"""OpenTelemetry spans for appends, and the tracer of this process.

A traceparent travels in the JSON of each event (``"trace"``), so that a delivery on any instance is a child
span of the append. A span carries a topic, a type, a key and numbers, never the content of an event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from hub import __version__
from hub.events import Draft
from hub.log import NO_TERMS, Appended, Log, OnAppended, Terms
from hub.log.extent import Measures

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_TRACE = re.compile(rb',"trace":"([0-9a-f-]{55})"\}\Z')


@cache
def tracer() -> Tracer:
    """The tracer that exports to ``HUB_OTLP_URL``."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    attributes = {"service.name": "hub", "service.instance.id": settings.HUB_INSTANCE}
    provider = TracerProvider(resource=Resource.create({**attributes, "service.version": __version__}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(settings.HUB_OTLP_URL)))
    return provider.get_tracer("hub", __version__)


def context(traceparent: str) -> Any:
    """The OpenTelemetry context of a ``traceparent`` header; None for an empty one."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent}) if traceparent else None


def traceparent(body: bytes) -> str:
    """The traceparent that `TracedLog` added to an event's body; empty if it added none."""
    found = _TRACE.search(body)
    return found[1].decode() if found else ""


class TracedLog:
    """Wraps a log: makes a span for every draft that is appended, and adds its context to the event."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    @property
    def measures(self) -> Measures:
        return self._log.measures

    def append(self, drafts: Sequence[Draft], terms: Terms = NO_TERMS) -> list[int]:
        with _traced(drafts) as traced:
            return self._log.append(traced, terms)

    async def append_grouped(self, drafts: Sequence[Draft], terms: Terms = NO_TERMS) -> list[int]:
        with _traced(drafts) as traced:
            return await self._log.append_grouped(traced, terms)

    def append_soon(self, drafts: Sequence[Draft], terms: Terms, done: OnAppended) -> None:
        spans = [_span(draft) for draft in drafts]

        def end(result: list[int] | Exception) -> None:
            for span in spans:
                span.end()
            done(result)

        traced = [_with_context(draft, span) for draft, span in zip(drafts, spans, strict=True)]
        self._log.append_soon(traced, terms, end)

    async def append_if(self, drafts: Sequence[Draft], after: int | None = None) -> list[Appended]:
        with _traced(drafts) as traced:
            return await self._log.append_if(traced, after)


@contextmanager
def _traced(drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
    spans = [_span(draft) for draft in drafts]
    try:
        yield [_with_context(draft, span) for draft, span in zip(drafts, spans, strict=True)]
    finally:
        for span in spans:
            span.end()


def _span(draft: Draft) -> Span:
    span = tracer().start_span("append", attributes={"hub.topic": draft.topic, "hub.type": draft.type})
    # The key of a person's own event is text of theirs.
    if draft.key and not draft.sender:
        span.set_attribute("hub.key", draft.key)
    return span


def _with_context(draft: Draft, span: Span) -> Draft:
    ids = span.get_span_context()
    parent = b"00-%032x-%016x-%02x" % (ids.trace_id, ids.span_id, ids.trace_flags)
    return draft._replace(body=b'%b,"trace":"%b"}' % (draft.body[:-1], parent))
