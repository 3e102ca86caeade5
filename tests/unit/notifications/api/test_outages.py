"""A part that is away is 503 with a time to come back; of what it said no word is told."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import ReadOnlyError, ResponseError

from hub.log import LogAway, LogRefused
from notifications.access import api_keys
from tests.unit.notifications.conftest import Caller, refused

SECRET = "password=hunter2"
CALLS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "notifications", None),
    ("GET", "preferences", None),
    ("POST", "notifications/read-all", None),
    ("PUT", "preferences", {"categories": {}, "quiet_hours": None}),
)
AWAY = (
    *(OperationalError, InterfaceError, InternalError, ProgrammingError, DatabaseError, TimeoutError),
    *(LogAway, LogRefused, RedisAway, ReadOnlyError, ResponseError, ConnectionResetError),
)


def fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr("notifications.access.judge.own_topics", fail)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call[1])
@pytest.mark.parametrize("error", AWAY)
def test_a_part_that_is_away_is_a_503(
    reader: Caller, monkeypatch: pytest.MonkeyPatch, error: type[Exception], call: tuple[str, str, Any]
) -> None:
    fail_with(monkeypatch, error(SECRET))

    answer = reader.call(*call)

    assert refused(answer, 503)
    assert int(answer.headers["Retry-After"]) >= 1
    assert SECRET not in answer.json["detail"]


@pytest.mark.parametrize(("error", "status"), [(DataError, 422), (IntegrityError, 409)])
def test_what_the_database_refuses_is_reported_as_what_it_is(
    reader: Caller, monkeypatch: pytest.MonkeyPatch, error: type[Exception], status: int
) -> None:
    fail_with(monkeypatch, error(SECRET))

    answer = reader.get("notifications")

    assert refused(answer, status)
    assert SECRET not in answer.json["detail"]


@pytest.mark.parametrize("error", AWAY)
@pytest.mark.django_db
def test_publishing_is_a_503_as_well(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise error(SECRET)

    program = Caller(bearer=api_keys.create("program", ["publish"]))
    monkeypatch.setattr("hub.log.memory.MemoryLog.append_grouped", fail)

    answer = program.post("events", {"topic": "job-1", "type": "x", "data": 1})

    assert refused(answer, 503)
    assert SECRET not in answer.json["detail"]
