"""Programs publish what the policy of a topic allows, and nothing is half done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from hub import BadEvent, RateExceeded, publish
from hub.eventstream import LogStorage
from hub.log import Log
from hub.policies.policy import TopicPolicy
from tests.unit.notifications.conftest import Caller, events_on, refused

EVENT = {"topic": "price-1", "type": "tick", "data": 1}
BAD_KEYS: list[Any] = ["", "k" * 201, "a\nb", "a\u0000", 7, ["a"], "\ud800"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _policies(topic_policies: Callable[..., None]) -> None:
    topic_policies(
        TopicPolicy("price-*", latest=True),
        TopicPolicy("small-*", max_event_bytes=10),
        TopicPolicy("slow-*", max_rate=0.02),
    )


def test_the_key_stands_beside_the_data(live_log: Log, program: Caller) -> None:
    answer = program.post("events", {**EVENT, "key": "EUR/USD"})

    assert answer.status == 201
    assert len(events_on(live_log, "price-1")) == 1


@pytest.mark.parametrize("key", BAD_KEYS)
def test_what_is_no_key_is_refused_by_name(live_log: Log, program: Caller, key: Any) -> None:
    assert refused(program.post("events", {**EVENT, "topic": "free", "key": key}), 422, "key")
    assert refused(program.post("events", {"events": [{**EVENT, "key": key}]}), 422, "events.0.key")


@pytest.mark.parametrize(
    ("bad", "status", "field"),
    [
        (EVENT, 422, "key"),
        ({**EVENT, "topic": "small-1", "data": "x" * 9}, 413, None),
    ],
)
def test_of_a_batch_with_one_that_a_policy_refuses_nothing_is_published(
    live_log: Log, program: Caller, bad: dict[str, Any], status: int, field: str | None
) -> None:
    good = {**EVENT, "topic": "free"}

    answer = program.post("events", {"events": [good, bad, good]})

    assert refused(answer, status, field)
    assert bad["topic"] in answer.json["detail"]
    assert events_on(live_log, "free") == []


def test_beyond_the_rate_of_a_topic_is_429(live_log: Log, program: Caller) -> None:
    event = {**EVENT, "topic": "slow-1"}
    program.post("events", event)

    answer = program.post("events", {"events": [{**EVENT, "topic": "free"}, event]})

    assert refused(answer, 429)
    assert 40 <= int(answer.headers["Retry-After"]) <= 50
    assert events_on(live_log, "free") == []
    assert len(events_on(live_log, "slow-1")) == 1


@pytest.mark.parametrize(("topic", "data"), [("price-1", 1), ("small-1", "x" * 9)])
def test_python_code_is_refused_alike(live_log: Log, topic: str, data: Any) -> None:
    with pytest.raises(BadEvent):
        publish(topic, "tick", data)
    with pytest.raises(BadEvent):
        LogStorage().append_event(topic, "tick", data)
    with pytest.raises(BadEvent), transaction.atomic():
        publish(topic, "tick", data)

    assert events_on(live_log, topic) == []


def test_beyond_the_rate_python_code_is_told_and_after_a_commit_the_log_is(
    live_log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    publish("slow-1", "tick", 1)

    with pytest.raises(RateExceeded):
        publish("slow-1", "tick", 2)
    with transaction.atomic():
        publish("slow-1", "tick", 3)
        publish("free", "tick", 4)

    assert "tick on slow-1 is lost: slow-1 may have 0.02 events a second" in caplog.text
    assert len(events_on(live_log, "free")) == 1
