"""`Idempotency-Key`: the same request is done once, whoever repeats it and whatever happened to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.utils import timezone

from hub.errors import Problem
from hub.log import Log
from hub.support import transactions
from notifications.access import api_keys
from notifications.api import idempotency
from notifications.models import ApiKey, IdempotentRequest, Notification
from tests.unit.notifications.conftest import Answer, Caller, refused

BODY = {"to": ["everyone"], "title": "Once"}


def send(caller: Caller, key: str = "a", body: Any = BODY) -> Answer:
    return caller.post("notifications", body, idempotency_key=key)


@pytest.mark.django_db(transaction=True)
def test_the_same_request_gets_the_first_answer_with_its_position(live_log: Log, program: Caller) -> None:
    first = send(program)

    again = send(program)

    assert (again.status, again.json) == (201, first.json)
    assert again.json["notifications"][0]["position"] is not None
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert Notification.objects.count() == 1


def test_another_body_is_refused(program: Caller) -> None:
    send(program)

    assert refused(send(program, body={**BODY, "title": "Twice"}), 422)
    assert Notification.objects.count() == 1


def test_another_programs_key_is_its_own(program: Caller, with_key: Callable[..., Caller]) -> None:
    send(program)

    assert "Idempotent-Replay" not in send(with_key("send")).headers
    assert Notification.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\t", "é"])
def test_a_key_is_1_to_255_printable_characters(program: Caller, key: str) -> None:
    assert refused(send(program, key=key), 422, "Idempotency-Key")
    assert Notification.objects.count() == 0


def test_a_refused_request_leaves_its_key_free(program: Caller, alice: User) -> None:
    refused(send(program, body={**BODY, "to": ["user:nobody"]}), 422, "to")

    assert send(program).status == 201


def test_a_failed_request_leaves_its_key_free(program: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(rows: object) -> None:
        raise RuntimeError("after the rows were written")

    with monkeypatch.context() as patch:
        patch.setattr("notifications.api.publishing.sent_all", fail)
        with pytest.raises(RuntimeError):
            send(program)

    assert Notification.objects.count() == 0
    assert send(program).status == 201


def running(age_s: float, program: Caller) -> None:
    """Have the key in use by a request that began a while ago and has no answer."""
    send(program)
    Notification.objects.all().delete()
    IdempotentRequest.objects.update(answer=None, created_at=timezone.now() - timedelta(seconds=age_s))


def test_while_the_first_is_running_the_second_gets_retry_after(program: Caller) -> None:
    running(59, program)

    answer = send(program)

    assert refused(answer, 409)
    assert answer.headers["Retry-After"] == "1"
    assert Notification.objects.count() == 0


def test_a_request_that_crashed_is_taken_over(program: Caller) -> None:
    running(61, program)

    assert send(program).status == 201
    assert send(program).headers["Idempotent-Replay"] == "true"
    assert Notification.objects.count() == 1


def test_a_request_that_was_taken_over_after_all_writes_nothing(program: Caller) -> None:
    api_key = ApiKey.objects.get()

    def act() -> None:
        Notification.objects.create(topic="everyone", title="Late")
        IdempotentRequest.objects.update(created_at=timezone.now() + timedelta(seconds=1))

    with pytest.raises(Problem) as late:
        idempotency.once(api_key, "a", b"", act, lambda made: {})

    assert late.value.status == 409
    assert Notification.objects.count() == 0


def test_until_its_answer_is_complete_the_request_is_still_running(program: Caller) -> None:
    send(program)
    IdempotentRequest.objects.update(complete=False, created_at=timezone.now() - timedelta(seconds=59))

    assert refused(send(program), 409)
    assert Notification.objects.count() == 1


def test_a_request_that_crashed_before_its_answer_was_complete_counts_as_done(program: Caller) -> None:
    first = send(program)
    IdempotentRequest.objects.update(complete=False, created_at=timezone.now() - timedelta(seconds=61))

    again = send(program)

    assert again.json == first.json
    assert again.headers["Idempotent-Replay"] == "true"
    assert Notification.objects.count() == 1


def test_a_key_is_forgotten_after_a_day(program: Caller) -> None:
    send(program)
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))

    assert send(program, body={**BODY, "title": "Another day"}).status == 201
    assert IdempotentRequest.objects.count() == 1


def test_old_ones_are_removed_a_few_at_a_time(program: Caller) -> None:
    key, long_ago = ApiKey.objects.get(), timezone.now() - idempotency.LIFETIME - timedelta(minutes=1)
    IdempotentRequest.objects.bulk_create(
        IdempotentRequest(api_key=key, key=f"old-{n}", digest="", created_at=long_ago)
        for n in range(idempotency.SWEEP_BATCH_SIZE + 50)
    )

    send(program)

    assert IdempotentRequest.objects.filter(key__startswith="old-").count() == 50


def test_one_program_keeps_so_many_and_others_go_on(
    program: Caller, with_key: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "MAX_REQUESTS", 3)
    monkeypatch.setattr(idempotency, "COUNT_CACHE_S", 0)
    monkeypatch.setattr(idempotency, "counts", idempotency.RequestCounts())
    for key in "abc":
        send(program, key)

    answer = send(program, "d")

    assert refused(answer, 429)
    assert "header" in answer.json["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert send(with_key("send"), "d").status == 201
    assert program.post("notifications", BODY).status == 201


@pytest.mark.django_db(transaction=True)
def test_of_fifty_at_once_one_is_sent() -> None:
    key = api_keys.create("parallel", ["send"])

    def post(_: int) -> int:
        try:
            return send(Caller(bearer=key)).status
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        statuses = Counter(pool.map(post, range(50)))

    assert Notification.objects.count() == 1
    assert set(statuses) <= {201, 409}
    assert statuses[201] >= 1


def test_its_key_is_free_again_when_the_database_that_was_away_is_back(
    program: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("the database is away")

    with monkeypatch.context() as outage:
        outage.setattr(transactions, "run", away)
        outage.setattr(QuerySet, "delete", away)
        assert refused(send(program), 503)
    assert refused(send(program), 409)

    idempotency.free_abandoned()

    assert send(program).status == 201


def test_a_key_is_freed_once(program: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("the statement took too long")

    with monkeypatch.context() as outage:
        outage.setattr(transactions, "run", fail)
        assert refused(send(program), 503)

    first = send(program)
    idempotency.free_abandoned()

    assert send(program).json == first.json
