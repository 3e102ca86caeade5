"""OpenTelemetry spans for requests and deliveries; nothing at all where tracing is off.

It is on with ``HUB_OTLP_URL`` and the extra ``notification-hub[tracing]``. `hub.log.traced` makes the spans
in between, of appends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from hub.events import Event
from hub.log import traced
from hub.support.asgi import ASGIApplication, Receive, Scope, Send
from hub.support.headers import fields


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


class EndpointTracing:
    """The same around an ASGI application that serves one path."""

    def __init__(self, application: ASGIApplication, path: str) -> None:
        self._application = application
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parent = fields(scope["headers"]).get("traceparent", "")
        with traced.tracer().start_as_current_span(
            f"{scope['method']} {self._path}", context=traced.context(parent)
        ) as span:

            async def send_traced(message: MutableMapping[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self._application(scope, receive, send_traced)


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
