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

NOW = timedelta()
HOUR = timedelta(hours=1)
PAIR = ("user:alice", "user:bob")


def change(rows: list[Notification], **columns: Any) -> None:
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(**columns)


def hold(rows: list[Notification]) -> None:
    change(rows, due_at=NEVER)
    Sending.objects.update(held_at=timezone.now())


def publish(rows: list[Notification]) -> None:
    change(rows, position=1)


def publish_first(rows: list[Notification]) -> None:
    publish(rows[:1])


def fail(rows: list[Notification]) -> None:
    change(rows, position=0, failed_at=timezone.now())


def recall(rows: list[Notification]) -> None:
    change(rows, recalled_at=timezone.now(), recalled_by="admin", recall_reason=REPLACED)


def recall_first(rows: list[Notification]) -> None:
    recall(rows[:1])


def replace(rows: list[Notification]) -> None:
    change(rows, recalled_at=timezone.now(), recall_reason=REPLACED)


def replace_first(rows: list[Notification]) -> None:
    replace(rows[:1])


@pytest.mark.parametrize(
    ("state", "due_in", "acts"),
    [
        ("sent", NOW, [publish]),
        ("waiting", HOUR, []),
        ("held", HOUR, [hold]),
        ("sending", NOW, [publish_first]),
        ("failed", NOW, [fail]),
        ("stopped", NOW, [publish, recall_first]),
        ("sent", NOW, [publish, replace_first]),
        ("recalled", NOW, [publish, recall]),
        ("recalled", NOW, [replace]),
    ],
)
def test_the_list_and_the_progress_agree(
    alice: User, bob: User, state: str, due_in: timedelta, acts: list[Callable[[list[Notification]], None]]
) -> None:
    row = send(*PAIR, published=False, send_at=timezone.now() + due_in)
    for act in acts:
        act(list(Notification.objects.order_by("pk")))
    assert row.sending_id is not None

    listed = sending_state.of(sending_state.annotated(Sending.objects.all()).get())
    found = progress.of(row.sending_id)

    assert found is not None
    assert (listed, found["state"]) == (state, state)
