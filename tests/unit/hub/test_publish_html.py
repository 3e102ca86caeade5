"""`publish_html()`: a rendered template as a live event."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.test import RequestFactory, override_settings

from hub import BadEvent, BadTopic, apublish_html, publish, publish_html
from hub.log import Log
from tests.unit.notifications.conftest import events_on

pytestmark = pytest.mark.django_db(transaction=True)

TEMPLATES = {
    "row.html": "<li>{{ name }}</li>\n",
    "path.html": "{{ request.path }}",
    "broken.html": "{% if %}",
    "huge.html": "{{ text }}",
}


@pytest.fixture(autouse=True)
def templates() -> Iterator[None]:
    engine = {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [("django.template.loaders.locmem.Loader", TEMPLATES)],
            "context_processors": ["django.template.context_processors.request"],
        },
    }
    with override_settings(TEMPLATES=[engine]):
        yield


def bodies(log: Log) -> list[dict[str, Any]]:
    page = asyncio.run(log.read({"job-1": 0}))
    return [json.loads(event.body) for event in page.events]


def test_a_template_is_published_with_its_variables_escaped(live_log: Log) -> None:
    position = publish_html("job-1", "row.html", {"name": "<script>alert(1)</script>"})

    (event,) = events_on(live_log, "job-1")
    assert event == {
        "type": "message",
        "position": str(position),
        "data": "<li>&lt;script&gt;alert(1)&lt;/script&gt;</li>\n",
    }


def test_it_is_marked_as_markup_and_what_anyone_publishes_is_not(live_log: Log) -> None:
    publish_html("job-1", "row.html", {"name": "Ada"}, type="row", key="ada")
    publish("job-1", "row", {"html": True, "data": "<b>"})

    first, second = bodies(live_log)
    assert (first["html"], first["key"]) == (True, "ada")
    assert "html" not in second


def test_the_first_template_of_several_that_exists_is_used(live_log: Log) -> None:
    publish_html("job-1", ["none.html", "row.html"], {"name": "Ada"})

    assert bodies(live_log)[0]["data"] == "<li>Ada</li>\n"


def test_a_request_is_in_its_context(live_log: Log, rf: RequestFactory) -> None:
    publish_html("job-1", "path.html", request=rf.get("/jobs/"))

    assert bodies(live_log)[0]["data"] == "/jobs/"


def test_async_code_awaits_the_same(live_log: Log) -> None:
    asyncio.run(apublish_html("job-1", "row.html", {"name": "Ada"}))

    assert bodies(live_log)[0]["data"] == "<li>Ada</li>\n"


def test_within_a_transaction_it_waits_for_the_commit(live_log: Log) -> None:
    with transaction.atomic():
        assert publish_html("job-1", "row.html", {"name": "Ada"}) is None
        assert bodies(live_log) == []

    assert len(bodies(live_log)) == 1


@pytest.mark.parametrize(
    ("topic", "template", "more", "error"),
    [
        ("user-1", "row.html", {}, BadTopic),
        ("job-1", "row.html", {"type": "stream-open"}, BadTopic),
        ("job-1", "row.html", {"type": "notification"}, BadTopic),
        ("job-1", "row.html", {"key": "a\nb"}, BadEvent),
        ("job-1", "none.html", {}, TemplateDoesNotExist),
        ("job-1", "broken.html", {}, TemplateSyntaxError),
        ("job-1", "huge.html", {"context": {"text": "x" * 70_000}}, BadEvent),
    ],
)
def test_what_cannot_be_published_is_refused(
    live_log: Log, topic: str, template: str, more: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        publish_html(topic, template, **more)

    assert bodies(live_log) == []
