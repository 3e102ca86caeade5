"""OpenTelemetry spans for requests and deliveries; nothing at all where tracing is off.

It is on with ``HUB_OTLP_URL`` and the extra ``notification-hub[tracing]``. `hub.log.traced` makes the spans
in between, of appends.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from hub.events import Event
from hub.log import traced


class RequestTracing:
    """Django middleware: a span around each request, a child of the caller's if it names one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with traced.tracer().start_as_current_span(
            f"{request.method} request", context=traced.context(request.headers.get("traceparent", ""))
        ) as span:
            response = self._get_response(request)
            if request.resolver_match is not None:
                span.update_name(f"{request.method} /{request.resolver_match.route}")
            span.set_attribute("http.response.status_code", response.status_code)
            return response


class DeliveryTracing:
    """A tap of the fan-out: a span for each event delivered here, from its position to now.

    ``subscribers`` counts the subscribers of a topic in this process.
    """

    def __init__(self, subscribers: Callable[[str], int]) -> None:
        self._subscribers = subscribers

    def tap(self, event: Event) -> None:
        traceparent = traced.traceparent(event.body)
        if not traceparent:
            return
        start_ns = event.position * 1000
        span = traced.tracer().start_span("deliver", context=traced.context(traceparent), start_time=start_ns)
        span.set_attributes(
            {
                "hub.topic": event.topic,
                "hub.type": event.type,
                "hub.position": event.position,
                "hub.subscribers": self._subscribers(event.topic),
                "hub.instance": settings.HUB_INSTANCE,
            }
        )
        span.end(max(time.time_ns(), start_ns))
