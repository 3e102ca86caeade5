"""Signals to the project's own code: what was sent, recalled and read, once it is committed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from notifications import notification_read, notification_recalled, notification_sent, notify, recall
from notifications.inbox import read_state

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live_log", "alice")]

Received = list[dict[str, Any]]


@pytest.fixture
def received() -> Iterator[Received]:
    """What the signals brought."""
    found: Received = []

    def record(sender: object, **values: Any) -> None:
        found.append(values)

    signals = (notification_sent, notification_read, notification_recalled)
    for signal in signals:
        signal.connect(record)
    yield found
    for signal in signals:
        signal.disconnect(record)


def test_sent_brings_the_rows_of_one_call(received: Received) -> None:
    rows = notify(["user:alice", "everyone"], "Hello")

    assert [one["notifications"] for one in received] == [rows]


def test_sent_waits_for_the_commit_and_a_rollback_sends_none(received: Received) -> None:
    with transaction.atomic():
        notify(["user:alice"], "Hello")
        assert received == []
    with transaction.atomic():
        notify(["user:alice"], "Hello")
        transaction.set_rollback(True)

    assert len(received) == 1


def test_recalled_brings_who_and_why(received: Received) -> None:
    (row,) = notify(["user:alice"], "Hello")

    recall(row.pk, by="billing", reason="by mistake")
    recall(row.pk, by="billing", reason="again")

    assert received[1:] == [
        {"signal": notification_recalled, "notifications": [row], "by": "billing", "reason": "by mistake"}
    ]


def test_a_replaced_notification_is_recalled(received: Received) -> None:
    (first,) = notify(["user:alice"], "Build 1", key="build")
    notify(["user:alice"], "Build 2", key="build")

    assert [one["notifications"] for one in received if one["signal"] is notification_recalled] == [[first]]


def test_read_brings_who_and_which_once(alice: User, received: Received) -> None:
    (first,), (second,) = notify(["user:alice"], "1"), notify(["user:alice"], "2")
    received.clear()

    read_state.see_all(alice)
    read_state.read(alice, first.pk)
    read_state.read(alice, first.pk)
    read_state.archive(alice, first.pk)
    read_state.unarchive(alice, first.pk)
    read_state.unread(alice, first.pk)
    read_state.click(alice, second.pk)
    read_state.read_all(alice)
    read_state.read_all(alice)

    assert [(one["user"], one["ids"]) for one in received] == [
        (alice.pk, [first.pk]),
        (alice.pk, [second.pk]),
        (alice.pk, None),
    ]


def test_a_receiver_that_raises_stops_nothing(alice: User, received: Received) -> None:
    def fail(sender: object, **values: Any) -> None:
        raise RuntimeError("a fault of the project")

    notification_sent.connect(fail)
    try:
        (row,) = notify(["user:alice"], "Hello")
    finally:
        notification_sent.disconnect(fail)

    assert row.position is not None
    assert len(received) == 1
