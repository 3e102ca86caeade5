"""The last decisions about one person: all that is or was on their topics, in few queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.inbox import read_state
from notifications.models import Notification
from notifications.sending import recalls
from notifications.tracking import explain
from tests.unit.notifications.tracking.conftest import OFF, give, send

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def titles(user: User, limit: int = 30, before: Notification | None = None) -> list[str]:
    return [answer.facts.title for answer in explain.latest(user, limit, before.pk if before else None)]


def test_what_they_do_not_find_is_explained_too(alice: User, bob: User, choose: Callable[..., None]) -> None:
    choose(alice, builds=OFF)
    soon = timezone.now() + timedelta(milliseconds=1)
    send(title="expired", expires_at=soon)
    recalls.recall(send(title="recalled").pk)
    send(title="muted", category="builds")
    read = send(title="read")
    read_state.read(alice, read.pk)
    send("user:bob", title="of somebody else")
    given = send("everyone", title="delivered")
    give(given, alice)
    send(title="scheduled", send_at=timezone.now() + HOUR)

    answers = explain.latest(alice)

    assert [(answer.facts.title, answer.reason) for answer in answers] == [
        ("scheduled", "scheduled"),
        ("delivered", "delivered"),
        ("read", "seen-in-list"),
        ("muted", "muted"),
        ("recalled", "recalled"),
        ("expired", "expired"),
    ]


def test_each_is_explained_as_when_it_is_asked_for_alone(alice: User) -> None:
    rows = [send(title=f"storm {n}") for n in range(5)]
    for row in rows:
        give(row, alice)

    answers = explain.latest(alice)

    assert [answer.reason for answer in answers] == ["storm"] * 5
    assert answers[0] == explain.find(alice, rows[-1].pk, timezone.now())


def test_the_last_of_a_page_knows_what_came_before_it(alice: User) -> None:
    for n in range(5):
        give(send(title=f"storm {n}"), alice)

    assert [answer.reason for answer in explain.latest(alice, limit=1)] == ["storm"]


def test_a_page_goes_on_after_the_last_of_the_one_before(alice: User) -> None:
    rows = [send(title=f"{n}") for n in range(5)]

    assert titles(alice, 2) == ["4", "3"]
    assert titles(alice, 2, rows[3]) == ["2", "1"]
    assert titles(alice, 2, rows[0]) == []


def test_after_what_is_gone_stands_nothing(alice: User) -> None:
    row = send()
    Notification.objects.all().delete()

    assert titles(alice, 30, row) == []


def test_it_takes_as_many_queries_whatever_the_numbers(alice: User, choose: Callable[..., None]) -> None:
    silent = {"feed": True, "toast": False}
    choose(alice, builds=silent)
    give(send("everyone"), alice)
    person = User.objects.get(pk=alice.pk)
    with CaptureQueriesContext(connection) as few:
        explain.latest(person)

    crowd = [User(pk=n) for n in range(1000, 3000)]
    for n in range(60):
        choose(alice, **({"builds": silent} if n % 2 else {}))
        give(send("everyone", title=f"{n}"), alice, *crowd)
    person = User.objects.get(pk=alice.pk)
    with CaptureQueriesContext(connection) as many:
        explain.latest(person)

    assert len(many) == len(few) <= 5
