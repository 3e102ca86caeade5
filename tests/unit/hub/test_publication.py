"""`publish()`: live events from code of the same project."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction

from hub import BadEvent, BadTopic, LogAway, apublish, publish
from hub.log import Log
from hub.log.current import shared_log
from tests.unit.notifications.conftest import events_on

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_is_published_at_once(live_log: Log) -> None:
    position = publish("job-1", "progress", {"done": 3})

    assert events_on(live_log, "job-1") == [
        {"type": "progress", "position": str(position), "data": {"done": 3}}
    ]


def test_async_code_awaits_the_same(live_log: Log) -> None:
    async_to_sync(apublish)("job-1", "progress", 1)

    assert [event["data"] for event in events_on(live_log, "job-1")] == [1]


def test_within_a_transaction_it_waits_for_the_commit(live_log: Log) -> None:
    with transaction.atomic():
        assert publish("job-1", "progress", 1) is None
        assert events_on(live_log, "job-1") == []

    assert len(events_on(live_log, "job-1")) == 1


def test_what_is_rolled_back_is_not_published(live_log: Log) -> None:
    with transaction.atomic():
        publish("job-1", "progress", 1)
        transaction.set_rollback(True)

    assert events_on(live_log, "job-1") == []


@pytest.mark.parametrize(
    ("topic", "type", "data", "error"),
    [
        ("user-1", "progress", 1, BadTopic),
        ("everyone", "progress", 1, BadTopic),
        ("room-1", "progress", 1, BadTopic),
        ("hub.control", "progress", 1, BadTopic),
        ("two words", "progress", 1, BadTopic),
        (7, "progress", 1, BadTopic),
        ("job-1", "notification", 1, BadTopic),
        ("job-1", "stream-live", 1, BadTopic),
        ("job-1", "Progress", 1, BadTopic),
        ("job-1", None, 1, BadTopic),
        ("job-1", "progress", float("inf"), BadEvent),
        ("job-1", "progress", "x" * 70_000, BadEvent),
    ],
)
def test_what_is_no_live_event_is_refused(
    live_log: Log, topic: Any, type: Any, data: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        publish(topic, type, data)


def test_a_log_that_is_away_raises_at_once_and_is_logged_after_a_commit(
    live_log: Log, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(drafts: object) -> list[int]:
        raise LogAway("Redis: gone")

    monkeypatch.setattr(shared_log(), "append", away)

    with pytest.raises(LogAway):
        publish("job-1", "progress", 1)
    with caplog.at_level(logging.WARNING), transaction.atomic():
        publish("job-1", "progress", 1)
    assert "progress on job-1 is lost" in caplog.text
