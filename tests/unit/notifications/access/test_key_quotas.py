"""What one key may publish is bounded: per second, and of the log; others go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from hub.log import Log
from hub.log.current import shared_log
from notifications.access import api_keys, publishers, quotas
from notifications.access.quotas import BURST_S, Quotas
from notifications.api import publishing
from notifications.models import IdempotentRequest, Notification
from tests.unit.notifications.conftest import Caller, refused

EVENT = {"topic": "job-42", "type": "progress", "data": 1}
HELLO = {"to": ["user:alice"], "title": "Hello"}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def small(settings: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten events, two notifications and 10,000 bytes per second."""
    settings.HUB_KEY_EVENTS_PER_S = 10
    settings.HUB_KEY_NOTIFICATIONS_PER_S = 2
    settings.HUB_KEY_BYTES_PER_S = 10_000
    small = Quotas(clock)
    monkeypatch.setattr(publishing, "quotas", small)
    monkeypatch.setattr(publishers, "quotas", small)
    monkeypatch.setattr(quotas, "quotas", small)


@pytest.fixture
def small_log(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A key's share of the log is 100,000 bytes."""
    settings.HUB_KEY_LOG_SHARE = 100_000 / (512 * 1024 * 1024)
    shared_log.cache_clear()
    yield
    shared_log.cache_clear()


def program(name: str) -> Caller:
    return Caller(bearer=api_keys.create(name, ["send", "publish"]))


def times(many: int) -> dict[str, Any]:
    return {"events": [EVENT] * many}


@pytest.mark.django_db
@pytest.mark.usefixtures("live_log", "small")
def test_a_key_over_its_events_has_to_wait_and_then_may(clock: Clock) -> None:
    ci = program("ci")
    assert ci.post("events", times(10 * BURST_S + 10)).status == 201

    answer = ci.post("events", EVENT)

    assert refused(answer, 429)
    assert "10 events per second" in answer.json["detail"]
    assert answer.headers["Retry-After"] == "1"
    clock.now += 1.1
    assert ci.post("events", EVENT).status == 201


@pytest.mark.django_db
@pytest.mark.usefixtures("live_log", "small")
def test_another_key_is_not_held_up() -> None:
    program("ci").post("events", times(40))

    assert program("other").post("events", EVENT).status == 201


@pytest.mark.django_db
@pytest.mark.usefixtures("live_log", "small")
def test_bytes_count_as_events_do() -> None:
    ci = program("ci")
    assert ci.post("events", {**EVENT, "data": "x" * 40_000}).status == 201

    answer = ci.post("events", EVENT)

    assert refused(answer, 429)
    assert "10000 bytes per second" in answer.json["detail"]


@pytest.mark.usefixtures("live_log", "small", "alice")
def test_notifications_are_counted_by_addresses() -> None:
    ci = program("ci")
    User.objects.bulk_create(User(username=f"u{n}") for n in range(7))
    assert ci.post("notifications", {**HELLO, "to": [f"user:u{n}" for n in range(7)]}).status == 201

    answer = ci.post("notifications", HELLO)

    assert refused(answer, 429)
    assert "2 notifications, tokens and rooms per second" in answer.json["detail"]
    assert Notification.objects.count() == 7


@pytest.mark.usefixtures("live_log", "small", "alice")
def test_a_request_that_is_refused_leaves_its_idempotency_key_free(clock: Clock) -> None:
    ci = program("ci")
    ci.post("notifications", {**HELLO, "to": ["user:alice", *[f"topic:t{n}" for n in range(7)]]})

    refusal = ci.post("notifications", HELLO, idempotency_key="a")

    assert refused(refusal, 429)
    assert not IdempotentRequest.objects.exists()
    clock.now += 10
    assert ci.post("notifications", {**HELLO, "title": "Other"}, idempotency_key="a").status == 201


@pytest.mark.usefixtures("live_log", "small", "alice")
def test_an_answer_that_is_given_again_costs_nothing() -> None:
    ci = program("ci")
    ci.post("notifications", HELLO, idempotency_key="a")

    again = [ci.post("notifications", HELLO, idempotency_key="a").status for _ in range(10)]

    assert again == [201] * 10
    assert ci.post("notifications", HELLO).status == 201


@pytest.mark.usefixtures("live_log", "small", "alice")
@pytest.mark.parametrize("path", ["tokens", "rooms"])
def test_tokens_and_rooms_are_counted_as_well(path: str) -> None:
    ci = Caller(bearer=api_keys.create("ci", ["publish", "tokens"]))
    bodies = {
        "tokens": lambda n: {"user": "alice"},
        "rooms": lambda n: {"name": f"r{n}", "members": "everyone"},
    }

    statuses = [ci.post(path, bodies[path](n)).status for n in range(10)]

    assert statuses[0] == 201
    assert statuses[-1] == 429


@pytest.fixture
def small_heard(small_log: None, live_log: Log) -> Log:
    return live_log


@pytest.mark.django_db
@pytest.mark.usefixtures("small_heard")
def test_over_its_share_of_the_log_a_key_is_refused_and_others_go_on() -> None:
    ci = program("ci")
    big = {**EVENT, "data": "x" * 10_000}
    statuses = [ci.post("events", {**big, "topic": f"job-{n}"}).status for n in range(12)]

    answer = ci.post("events", {**big, "topic": "job-99"})

    assert statuses[0] == 201
    assert refused(answer, 429)
    assert "share of the log" in answer.json["detail"]
    assert int(answer.headers["Retry-After"]) > 60
    assert program("other").post("events", big).status == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_heard")
def test_notifications_count_against_the_share_and_none_that_was_taken_is_lost() -> None:
    ci = program("ci")
    statuses = [
        ci.post("notifications", {"to": [f"topic:t{n}"], "title": "Hello", "body": "x" * 10_000}).status
        for n in range(15)
    ]

    assert statuses == sorted(statuses)
    assert statuses[-1] == 429
    assert Notification.objects.filter(position__gt=0).count() == statuses.count(201)


def test_buckets_of_those_who_are_within_their_rate_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "MAX_BUCKETS", 10)
    clock = Clock()
    quota = quotas.Quota(1, clock)
    quota.spend("spent", 1000)

    for number in range(100):
        clock.now += 1
        quota.spend(number, 1)

    assert len(quota._left) <= 10
    assert quota.wait("spent")
