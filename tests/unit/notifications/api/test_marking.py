"""Reading, seeing, putting away: idempotent, counted by the server, told to the person's other screens."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.log import Log
from notifications.inbox import read_state
from notifications.models import Notification, Reading
from notifications.sending.notify import notify
from tests.unit.notifications.conftest import Caller, events_on, refused

COMMITTED = pytest.mark.django_db(transaction=True)


def numbers(answer: Any) -> tuple[int, int]:
    assert answer.status == 200, answer.json
    return answer.json["count"]["unread"], answer.json["count"]["unseen"]


def send(title: str = "Hello", to: str = "user:alice") -> Notification:
    return notify([to], title)[0]


def test_what_is_read_is_counted_no_more(reader: Caller) -> None:
    row, _ = send(), send()

    assert numbers(reader.put(f"notifications/{row.pk}/reading")) == (1, 1)
    assert numbers(reader.get("notifications/count")) == (1, 1)


def test_reading_twice_keeps_the_first_moment(reader: Caller) -> None:
    row = send()
    reader.put(f"notifications/{row.pk}/reading")
    first = Reading.objects.get().read_at

    reader.put(f"notifications/{row.pk}/reading")

    assert Reading.objects.get().read_at == first


def test_unread_again_it_was_still_seen(reader: Caller) -> None:
    row = send()
    reader.put(f"notifications/{row.pk}/reading")

    assert numbers(reader.delete(f"notifications/{row.pk}/reading")) == (1, 0)
    assert numbers(reader.delete(f"notifications/{row.pk}/reading")) == (1, 0)


def test_what_is_put_away_is_counted_no_more_and_comes_back(reader: Caller) -> None:
    row = send()

    assert numbers(reader.put(f"notifications/{row.pk}/archive")) == (0, 0)
    assert numbers(reader.delete(f"notifications/{row.pk}/archive")) == (1, 0)


def test_unmarking_what_was_never_marked_writes_nothing(reader: Caller) -> None:
    row = send()

    reader.delete(f"notifications/{row.pk}/reading")
    reader.delete(f"notifications/{row.pk}/archive")

    assert not Reading.objects.exists()


def test_all_are_read_at_once_also_what_was_seen_only(reader: Caller) -> None:
    send()
    reader.post("notifications/seen")
    send(to="everyone")

    assert numbers(reader.post("notifications/read-all")) == (0, 0)
    assert numbers(reader.post("notifications/read-all")) == (0, 0)


def test_all_are_seen_and_stay_unread(reader: Caller) -> None:
    send()
    send(to="everyone")

    assert numbers(reader.post("notifications/seen")) == (2, 0)


def test_one_persons_reading_is_not_anothers(reader: Caller, bob: User) -> None:
    row = send(to="everyone")

    reader.put(f"notifications/{row.pk}/reading")

    assert numbers(Caller(user=bob).get("notifications/count")) == (1, 1)


@pytest.mark.parametrize("verb", ["reading", "archive"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_is_not_in_the_inbox_is_not_found(reader: Caller, bob: User, method: str, verb: str) -> None:
    row = send(to="user:bob")

    assert refused(reader.call(method, f"notifications/{row.pk}/{verb}"), 404)
    assert refused(reader.call(method, f"notifications/{bob.pk}/{verb}"), 404)
    assert not Reading.objects.exists()


def test_reading_all_takes_as_many_queries_of_many_as_of_few(alice: User) -> None:
    def queries() -> int:
        send()
        with CaptureQueriesContext(connection) as captured:
            read_state.read_all(alice)
        return len(captured)

    of_one = queries()
    for _ in range(60):
        send()

    assert queries() == of_one


@COMMITTED
def test_the_other_screens_receive_what_was_read(live_log: Log, reader: Caller, alice: User) -> None:
    row = send()

    reader.put(f"notifications/{row.pk}/reading")
    reader.put(f"notifications/{row.pk}/reading")

    published = [
        event["data"] for event in events_on(live_log, f"user-{alice.pk}") if event["type"] == "reading"
    ]
    at = reader.get("notifications").json["items"][0]["read_at"]
    assert published == [{"id": str(row.pk), "read_at": at, "seen_at": at, "archived_at": None}]


@COMMITTED
def test_the_other_screens_receive_that_all_was_read(live_log: Log, reader: Caller, alice: User) -> None:
    send()

    reader.post("notifications/read-all")
    reader.post("notifications/read-all")

    published = [
        event["data"] for event in events_on(live_log, f"user-{alice.pk}") if event["type"] == "reading"
    ]
    at = reader.get("notifications").json["items"][0]["read_at"]
    assert published == [{"id": "all", "read_at": at, "seen_at": at, "archived_at": None}]


@COMMITTED
def test_a_count_after_a_change_has_a_higher_version(live_log: Log, reader: Caller) -> None:
    row = send()
    before = reader.get("notifications/count").json["count"]["version"]

    after = reader.put(f"notifications/{row.pk}/reading").json["count"]["version"]

    assert after > before


@COMMITTED
def test_reading_goes_on_while_the_log_is_away(reader: Caller) -> None:
    row = send()

    assert numbers(reader.put(f"notifications/{row.pk}/reading")) == (0, 0)
