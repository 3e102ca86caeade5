"""From the POST, or a line, to each instance's delivery, one trace; nothing of it where tracing is off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from unittest.mock import AsyncMock, Mock

import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hub import events
from hub.events import Draft, Event
from hub.log import Log, traced
from hub.log.current import shared_log
from hub.log.memory import MemoryLog
from hub.ops import tracing
from hub.rooms import protocol
from hub.support.asgi import Receive, Scope, Send

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
BODY = "nobody else is to read this"


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(traced, "tracer", lambda: provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


def ids(span: ReadableSpan) -> tuple[int, int]:
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def test_a_delivery_is_a_child_of_the_append_and_that_of_the_post(exporter: InMemorySpanExporter) -> None:
    appended: list[Draft] = []
    log = traced.TracedLog(Mock(spec=Log, append=lambda drafts, terms: appended.extend(drafts)))
    id = "01900000-0000-7000-8000-000000000000"

    def post(request: object) -> HttpResponse:
        log.append([events.draft("user-7", "notification", {"id": id, "title": BODY}, key=id)])
        return HttpResponse(status=HTTPStatus.CREATED)

    tracing.RequestTracing(post)(
        RequestFactory().post("/api/v1/notifications", headers={"traceparent": PARENT})
    )
    event = Event(1763712345678901, 0, "user-7", "notification", appended[0].body)
    tracing.DeliveryTracing(lambda topic: 3).tap(event)

    append, request, deliver = exporter.get_finished_spans()
    assert (append.name, request.name, deliver.name) == ("append", "POST request", "deliver")
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" in PARENT
    assert append.parent is not None
    assert append.parent.span_id == ids(request)[1]
    assert deliver.parent is not None
    assert deliver.parent.span_id == ids(append)[1]
    assert ids(deliver)[0] == ids(append)[0] == ids(request)[0]
    assert append.attributes is not None
    assert append.attributes["hub.key"] == id
    assert deliver.attributes is not None
    assert deliver.attributes["hub.subscribers"] == 3
    assert all(BODY not in span.to_json() for span in (append, request, deliver))


async def test_the_append_of_the_endpoint_is_a_child_of_the_request_and_that_of_the_callers(
    exporter: InMemorySpanExporter, live_log: Log
) -> None:
    log = traced.TracedLog(live_log)

    async def publish(scope: Scope, receive: Receive, send: Send) -> None:
        await log.append_grouped([events.draft("job-1", "progress", BODY)])
        await send({"type": "http.response.start", "status": HTTPStatus.CREATED})

    scope: Scope = {"method": "POST", "headers": [(b"traceparent", PARENT.encode())]}
    await tracing.EndpointTracing(publish, "/api/v1/events")(scope, AsyncMock(), AsyncMock())

    append, request = exporter.get_finished_spans()
    assert (append.name, request.name) == ("append", "POST /api/v1/events")
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" in PARENT
    assert append.parent is not None
    assert append.parent.span_id == ids(request)[1]
    assert request.attributes is not None
    assert request.attributes["http.response.status_code"] == HTTPStatus.CREATED


def test_what_travels_is_the_same_event_with_one_more_field(exporter: InMemorySpanExporter) -> None:
    appended: list[Draft] = []
    log = traced.TracedLog(Mock(spec=Log, append=lambda drafts, terms: appended.extend(drafts)))
    draft = events.draft("job-1", "progress", {"done": 3}, key="k")

    log.append([draft])

    said = json.loads(appended[0].body)
    assert said.pop("trace").startswith("00-")
    assert said == json.loads(draft.body)
    assert appended[0].key == "k"


async def test_a_message_is_traced_from_the_log_to_the_members(
    exporter: InMemorySpanExporter, live_log: Log
) -> None:
    log = traced.TracedLog(live_log)
    body = protocol.message_body({"id": "7", "name": "ann"}, "line-1", BODY, "2026-01-01T00:00:00.000Z")

    await log.append_if([Draft("room-lobby", "said", body, key="k")])
    (event,) = (await log.read({"room-lobby": 0})).events
    tracing.DeliveryTracing(lambda topic: 2).tap(event)

    append, deliver = exporter.get_finished_spans()
    assert (append.name, deliver.name) == ("append", "deliver")
    assert deliver.parent is not None
    assert (deliver.parent.trace_id, deliver.parent.span_id) == ids(append)
    assert deliver.attributes is not None
    assert (deliver.attributes["hub.topic"], deliver.attributes["hub.subscribers"]) == ("room-lobby", 2)
    assert protocol.message(event).body == BODY
    assert all(BODY not in span.to_json() and "ann" not in span.to_json() for span in (append, deliver))


@pytest.mark.parametrize("data", [{"trace": PARENT}, f'"trace":"{PARENT}"', None])
def test_no_one_makes_up_a_trace(exporter: InMemorySpanExporter, data: object) -> None:
    made = events.draft("job-1", "progress", data)

    tap = tracing.DeliveryTracing(lambda topic: 1).tap
    tap(Event(1, 0, "job-1", "progress", made.body))
    tap(
        Event(2, 0, "room-lobby", "said", protocol.message_body({"id": "7", "name": "ann"}, "1", data, "now"))
    )

    assert exporter.get_finished_spans() == ()


def test_off_there_is_nothing_of_it() -> None:
    shared_log.cache_clear()
    try:
        with override_settings(HUB_OTLP_URL="", HUB_REDIS_URL=""):
            assert type(shared_log()) is MemoryLog
    finally:
        shared_log.cache_clear()


def test_without_its_packages_it_does_not_start() -> None:
    lacks = "from importlib import metadata; metadata.Distribution.discover = lambda **asked: iter(()); "

    done = subprocess.run(
        [sys.executable, "-c", f"{lacks} import hub.settings"],
        env={**os.environ, "HUB_OTLP_URL": "http://127.0.0.1:4318/v1/traces"},
        capture_output=True,
        text=True,
    )

    assert done.returncode != 0
    assert "HUB_OTLP_URL: opentelemetry-exporter-otlp-proto-http is not installed" in done.stderr
    assert "notification-hub[tracing]" in done.stderr
