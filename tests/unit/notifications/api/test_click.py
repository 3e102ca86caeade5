"""Following a notification's link: it is noted once, reads it, and is told to the other screens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from hub.log import Log
from notifications.models import Reading
from notifications.sending.notify import notify
from tests.unit.notifications.conftest import Caller, events_on, refused


def test_what_is_clicked_is_read_and_seen(reader: Caller, alice: User) -> None:
    row = notify(["user:alice"], "Hello", url="/there")[0]

    answer = reader.put(f"notifications/{row.pk}/click")

    assert answer.status == 200
    assert (answer.json["count"]["unread"], answer.json["count"]["unseen"]) == (0, 0)
    reading = Reading.objects.get(user=alice)
    assert reading.clicked_at is not None
    assert reading.clicked_at == reading.read_at == reading.seen_at


def test_what_was_read_keeps_its_moment_when_it_is_clicked(reader: Caller) -> None:
    row = notify(["user:alice"], "Hello", url="/there")[0]
    reader.put(f"notifications/{row.pk}/reading")
    read_at = Reading.objects.get().read_at

    reader.put(f"notifications/{row.pk}/click")

    reading = Reading.objects.get()
    assert read_at is not None
    assert reading.read_at == read_at
    assert reading.clicked_at is not None
    assert reading.clicked_at > read_at


def test_a_second_click_changes_nothing(reader: Caller) -> None:
    row = notify(["user:alice"], "Hello", url="/there")[0]
    reader.put(f"notifications/{row.pk}/click")
    first = Reading.objects.values().get()

    reader.put(f"notifications/{row.pk}/click")

    assert Reading.objects.values().get() == first


def test_a_token_clicks_as_well_as_a_session(alice: User, token_of: Callable[[User], str]) -> None:
    row = notify(["user:alice"], "Hello", url="/there")[0]

    answer = Caller(bearer=token_of(alice)).put(f"notifications/{row.pk}/click")

    assert answer.status == 200
    assert Reading.objects.get().clicked_at is not None


def test_a_session_without_its_csrf_token_is_refused(alice: User) -> None:
    row = notify(["user:alice"], "Hello", url="/there")[0]

    answer = Caller(user=alice, csrf=True).put(f"notifications/{row.pk}/click")

    assert refused(answer, 403)
    assert not Reading.objects.exists()


def test_what_is_not_in_the_inbox_cannot_be_clicked(reader: Caller, bob: User) -> None:
    row = notify(["user:bob"], "Hello", url="/there")[0]

    assert refused(reader.put(f"notifications/{row.pk}/click"), 404)
    assert not Reading.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_other_screens_receive_the_reading_and_not_the_click(
    live_log: Log, reader: Caller, alice: User
) -> None:
    row = notify(["user:alice"], "Hello", url="/there")[0]

    reader.put(f"notifications/{row.pk}/click")

    published = [
        event["data"] for event in events_on(live_log, f"user-{alice.pk}") if event["type"] == "reading"
    ]
    item = reader.get("notifications").json["items"][0]
    assert "clicked_at" not in item
    at = item["read_at"]
    assert published == [{"id": str(row.pk), "read_at": at, "seen_at": at, "archived_at": None}]
