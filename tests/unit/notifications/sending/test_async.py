"""Sending from async code: by `await`, and by a call that blocks the loop and says what to use instead."""

from __future__ import annotations

import threading

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django_eventstream import send_event

from hub.eventstream import asend_event
from hub.log import Log
from hub.topics import BadTopic
from notifications.models import Notification
from notifications.sending.errors import BadNotification
from notifications.sending.notify import anotify, notify
from notifications.sending.recalls import arecall, recall
from tests.unit.notifications.conftest import events_on

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("alice")]


def test_anotify_sends(live_log: Log, alice: User) -> None:
    (row,) = async_to_sync(anotify)(["user:alice"], "Hello", severity="success")

    assert Notification.objects.get() == row
    assert [event["type"] for event in events_on(live_log, f"user-{alice.pk}")] == ["notification"]


def test_anotify_refuses_like_notify() -> None:
    with pytest.raises(BadNotification, match="user:nobody"):
        async_to_sync(anotify)(["user:nobody"], "Hello")


def test_asend_event_publishes(live_log: Log) -> None:
    async_to_sync(asend_event)("job-1", "tick", {"n": 1})

    assert [event["data"] for event in events_on(live_log, "job-1")] == [{"n": 1}]


def test_asend_event_refuses_like_send_event(live_log: Log) -> None:
    with pytest.raises(BadTopic):
        async_to_sync(asend_event)("two words", "tick", 1)


def test_arecall_takes_back(live_log: Log) -> None:
    (row,) = notify(["user:alice"], "Hello")

    async_to_sync(arecall)(row.pk, by="billing")

    row.refresh_from_db()
    assert row.recalled_by == "billing"


async def test_notify_on_a_running_loop_sends_and_says_what_to_use(live_log: Log) -> None:
    with pytest.warns(RuntimeWarning, match=r"await anotify\(\)") as warned:
        (row,) = notify(["user:alice"], "Hello")

    assert row.position is not None
    assert warned[0].filename == __file__
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("off-loop")]


async def test_recall_on_a_running_loop_takes_back_and_says_what_to_use(live_log: Log) -> None:
    row = (await anotify(["user:alice"], "Hello"))[0]

    with pytest.warns(RuntimeWarning, match=r"await arecall\(\)"):
        assert recall(row.pk).recalled_at is not None


async def test_an_error_on_a_running_loop_is_the_callers(live_log: Log) -> None:
    with pytest.warns(RuntimeWarning), pytest.raises(BadNotification):
        notify(["user:nobody"], "Hello")


async def test_send_event_on_a_running_loop_publishes(live_log: Log) -> None:
    send_event("job-1", "tick", 1)

    assert len((await live_log.read({"job-1": 0})).events) == 1
