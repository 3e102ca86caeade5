"""A sending has the same state in a list and on its own page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.models import NEVER, REPLACED, Notification, Sending
from notifications.tracking import progress, sending_state
from tests.unit.notifications.tracking.conftest import send

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
PAIR = ("user:alice", "user:bob")


def change(rows: Any, **columns: Any) -> None:
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(**columns)


def hold(rows: list[Notification]) -> None:
    change(rows, due_at=NEVER)
    Sending.objects.update(held_at=timezone.now())


def recall(rows: list[Notification], reason: str = "", by: str = "admin") -> None:
    change(rows, recalled_at=timezone.now(), recalled_by=by, recall_reason=reason)


@pytest.mark.parametrize(
    ("state", "due_in", "act"),
    [
        ("sent", timedelta(), lambda rows: change(rows, position=1)),
        ("waiting", HOUR, lambda rows: None),
        ("held", HOUR, hold),
        ("sending", timedelta(), lambda rows: change(rows[:1], position=1)),
        ("failed", timedelta(), lambda rows: change(rows, position=0, failed_at=timezone.now())),
        ("stopped", timedelta(), lambda rows: (change(rows, position=1), recall(rows[:1]))),
        ("stopped", timedelta(), lambda rows: (change(rows, position=1), recall(rows[:1], REPLACED))),
        ("sent", timedelta(), lambda rows: (change(rows, position=1), recall(rows[:1], REPLACED, by=""))),
        ("recalled", timedelta(), lambda rows: (change(rows, position=1), recall(rows))),
        ("recalled", timedelta(), lambda rows: recall(rows, REPLACED, by="")),
    ],
)
def test_the_list_and_the_progress_agree(
    alice: User, bob: User, state: str, due_in: timedelta, act: Callable[[list[Notification]], object]
) -> None:
    row = send(*PAIR, published=False, send_at=timezone.now() + due_in)
    act(list(Notification.objects.order_by("pk")))
    assert row.sending_id is not None

    listed = sending_state.of(sending_state.annotated(Sending.objects.all()).get())
    found = progress.of(row.sending_id)

    assert found is not None
    assert (listed, found["state"]) == (state, state)
