"""Sending a notification: one row an address, and its position once the log has it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from hub import events
from hub.log import Log
from notifications.models import Notification
from tests.unit.notifications.conftest import Caller, events_on

FULL = {
    "to": ["user:alice"],
    "title": "Build 512 is green",
    "body": "All of it.\nReally.",
    "url": "/builds/512",
    "category": "builds",
    "severity": "success",
    "key": "build-512",
    "expires_at": None,
    "send_at": None,
}


def test_each_address_gets_a_notification_of_its_own(program: Caller, alice: User, ops: Group) -> None:
    to = ["user:alice", "group:ops", "topic:releases", "everyone"]

    answer = program.post("notifications", {"to": to, "title": "Hello"})

    assert answer.status == 201
    sent = answer.json["notifications"]
    assert [one["topic"] for one in sent] == [f"user-{alice.pk}", f"group-{ops.pk}", "releases", "everyone"]
    assert {one["id"] for one in sent} == {str(row.pk) for row in Notification.objects.all()}


def test_the_same_address_twice_is_one_notification(program: Caller, alice: User) -> None:
    answer = program.post("notifications", {"to": ["user:alice", "user:alice"], "title": "Hello"})

    assert len(answer.json["notifications"]) == 1


def test_every_field_is_kept(program: Caller, alice: User) -> None:
    program.post("notifications", FULL)

    row = Notification.objects.get()
    kept = {field: getattr(row, field) for field in ("title", "body", "url", "category", "severity", "key")}
    assert kept == {field: FULL[field] for field in kept}


def test_the_position_is_null_while_the_log_is_away(program: Caller, alice: User) -> None:
    answer = program.post("notifications", {"to": ["everyone"], "title": "Hello"})

    assert answer.status == 201
    assert answer.json["notifications"][0]["position"] is None


@pytest.mark.django_db(transaction=True)
def test_the_position_is_the_events_once_the_log_has_it(live_log: Log, program: Caller, alice: User) -> None:
    answer = program.post("notifications", FULL)

    (event,) = events_on(live_log, f"user-{alice.pk}")
    (sent,) = answer.json["notifications"]
    assert event["position"] == sent["position"] == str(Notification.objects.get().position)
    assert event["type"] == "notification"
    assert event["data"]["id"] == sent["id"]
    assert event["data"]["title"] == FULL["title"]


@pytest.mark.django_db(transaction=True)
def test_a_notification_for_later_is_in_no_one_s_inbox_yet(
    live_log: Log, program: Caller, reader: Caller
) -> None:
    later = events.stamp(timezone.now() + timedelta(hours=1))

    answer = program.post("notifications", {"to": ["user:alice"], "title": "Later", "send_at": later})

    assert answer.json["notifications"][0]["position"] is None
    assert reader.get("notifications").json["items"] == []


@pytest.mark.django_db(transaction=True)
def test_the_same_key_replaces_what_was_sent_earlier(
    live_log: Log, program: Caller, reader: Caller, alice: User
) -> None:
    program.post("notifications", FULL)

    program.post("notifications", {**FULL, "title": "Build 513 is green"})

    items = reader.get("notifications").json["items"]
    assert [item["title"] for item in items] == ["Build 513 is green"]
    kinds = [event["type"] for event in events_on(live_log, f"user-{alice.pk}")]
    assert kinds == ["recalled", "notification"]


def test_sending_to_many_takes_as_many_queries_as_to_one(
    program: Caller, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    to = [f"topic:releases-{number}" for number in range(40)]
    program.post("notifications", {"to": ["everyone"], "title": "The key's use is noted"})

    with django_assert_max_num_queries(4):  # type: ignore[operator]  # the key, a savepoint, the rows
        answer = program.post("notifications", {"to": to, "title": "Hello"})

    assert len(answer.json["notifications"]) == 40
