"""`send_event()` of django-eventstream: what cannot be an event says so, and spoils nothing."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.db import transaction
from django_eventstream import send_event

from hub.events import BadEvent, TooLarge
from hub.log import Log, LogAway
from hub.topics import BadTopic
from tests.unit.notifications.conftest import events_on

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("channel", "type", "data", "error"),
    [
        ("two words", "message", 1, BadTopic),
        ("", "message", 1, BadTopic),
        ("x" * 201, "message", 1, BadTopic),
        (7, "message", 1, BadTopic),
        (None, "message", 1, BadTopic),
        ("hub.control", "recheck", 1, BadTopic),
        ("room-1", "said", 1, BadTopic),
        ("staff-rooms", "rooms", 1, BadTopic),
        ("job-1", "Two\nlines", 1, BadTopic),
        ("job-1", "notification", 1, BadTopic),
        ("job-1", "error", 1, BadTopic),
        ("job-1", "open", 1, BadTopic),
        ("job-1", 7, 1, BadTopic),
        ("job-1", None, 1, BadTopic),
        ("job-1", "message", {"a": float("nan")}, BadEvent),
        ("job-1", "message", "\ud800", BadEvent),
        ("job-1", "message", {"a": object()}, TypeError),
        ("job-1", "message", b"\xff", BadEvent),
        ("job-1", "message", "x" * 70_000, TooLarge),
    ],
)
def test_what_is_no_event_is_refused_clearly(
    live_log: Log, channel: Any, type: Any, data: Any, error: Any
) -> None:
    with pytest.raises(error):
        send_event(channel, type, data, json_encode=not isinstance(data, bytes))

    send_event("job-1", "message", "the next")
    assert [event["data"] for event in events_on(live_log, "job-1")] == ["the next"]


@pytest.mark.parametrize("text", ["[" * 5000 + "]" * 5000, "9" * 5000, '"\\ud800"', "NaN", "{"])
def test_text_that_looks_like_json_and_is_none_of_ours_is_text_or_refused(live_log: Log, text: str) -> None:
    try:
        send_event("job-1", "message", text, json_encode=False)
    except BadEvent:
        return

    assert [event["data"] for event in events_on(live_log, "job-1")] == [text]


def test_an_event_that_is_lost_after_the_commit_stops_nothing_that_follows_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[str] = []

    with caplog.at_level(logging.WARNING), transaction.atomic():
        send_event("job-1", "message", json.dumps({"a": 1}))
        transaction.on_commit(lambda: done.append("the next"))

    assert done == ["the next"]
    assert "job-1" in caplog.text


def test_outside_a_transaction_it_is_reported(live_log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise LogAway("away")

    monkeypatch.setattr(live_log, "append", away)

    with pytest.raises(LogAway):
        send_event("job-1", "message", 1)
