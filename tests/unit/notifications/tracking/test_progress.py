"""How far a sending has come, in numbers of people."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from hub import topics
from notifications.inbox import preferences, read_state
from notifications.models import Notification, Subscription
from notifications.sending import recalls
from notifications.sending.notify import notify
from notifications.tracking import progress
from notifications.tracking.progress import Progress
from tests.unit.notifications.tracking.conftest import ALWAYS, LONG_AGO, NO_TOAST, OFF, give, put_in_log, send

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
MS = timedelta(milliseconds=1)

Choose = Callable[..., None]


def of(row: Notification) -> Progress:
    assert row.sending_id is not None
    numbers = progress.of(row.sending_id)
    assert numbers is not None
    return numbers


def some(numbers: Progress, *names: str) -> tuple[Any, ...]:
    return tuple(numbers[name] for name in names)  # type: ignore[literal-required]


def crowd(many: int) -> list[User]:
    return User.objects.bulk_create(User(username=f"u{n}", date_joined=LONG_AGO) for n in range(many))


def test_of_what_was_never_sent_there_is_none() -> None:
    assert progress.of(uuid4()) is None
    assert progress.around(uuid4()) is None


def test_it_is_plain_json() -> None:
    row = send("everyone")

    assert json.loads(json.dumps(of(row))) == of(row)


def test_each_person_is_counted_once(alice: User, bob: User) -> None:
    row = send("everyone")
    give(row, alice, bob)
    give(row, alice, after=HOUR)
    read_state.click(alice, row.pk)
    read_state.see_all(bob)

    numbers = of(row)

    assert some(numbers, "people", "delivered", "seen", "read", "clicked") == (2, 2, 2, 1, 1)
    assert numbers["instances"] == {settings.HUB_INSTANCE: 2}
    assert (numbers["offline"], numbers["suppressed"]) == (0, {})


def test_of_several_rows_each_person_is_counted_once_too(alice: User, bob: User) -> None:
    group = Group.objects.create(name="ops")
    alice.groups.add(group)
    rows = notify(["user:alice", "group:ops"], "Hello")
    put_in_log(rows)
    for row in rows:
        give(row, alice)
        read_state.read(alice, row.pk)

    numbers = of(rows[0])

    assert some(numbers, "people", "rows", "published", "delivered", "seen", "read") == (1, 2, 2, 1, 1, 1)


def test_who_has_no_feed_and_did_not_look_is_offline(alice: User, bob: User) -> None:
    crowd(3)
    row = send("everyone")
    give(row, alice)
    read_state.see_all(bob)

    assert of(row)["offline"] == 3


def test_a_user_who_joined_later_is_not_counted(alice: User) -> None:
    row = send("everyone")
    User.objects.create_user("newcomer", date_joined=row.due_at + HOUR)

    assert of(row)["people"] == 1


def test_a_user_who_joined_the_group_or_followed_the_topic_later_is_not_counted(
    alice: User, bob: User
) -> None:
    crew = Group.objects.create(name="crew")
    alice.groups.add(crew)
    Subscription.objects.create(user=alice, topic="releases")
    rows = [send("group:crew"), send("topic:releases")]
    bob.groups.add(crew)
    Subscription.objects.create(user=bob, topic="releases")

    assert [of(row)["people"] for row in rows] == [1, 1]
    assert of(send("group:crew"))["people"] == 2


def test_in_an_open_past_who_joined_the_group_later_is_counted(alice: User, settings: Settings) -> None:
    settings.HUB_NEWCOMERS_SEE_PAST = True
    crew = Group.objects.create(name="crew")
    row = send("group:crew")
    alice.groups.add(crew)

    assert of(row)["people"] == 1


def test_the_time_until_most_had_it_is_of_those_who_have_it() -> None:
    people = crowd(100)
    row = send("everyone")
    give(row, *people[:60], after=100 * MS)
    give(row, *people[:96], after=200 * MS)
    give(row, *people[:98], after=300 * MS)

    assert some(of(row), "delivered", "t50_ms", "t95_ms", "t99_ms") == (98, 100, 200, 300)


def test_before_anybody_has_it_there_is_no_such_time(alice: User) -> None:
    assert some(of(send("everyone")), "t50_ms", "t95_ms", "t99_ms") == (None, None, None)


def test_the_rate_is_that_of_the_last_seconds() -> None:
    people = crowd(20)
    row = send("everyone")
    give(row, *people[:10], after=-HOUR)
    give(row, *people[10:])

    assert of(row)["rate_per_s"] == 2.0


def test_what_people_chose_is_counted_by_reason(alice: User, bob: User, choose: Choose) -> None:
    quiet, plain = crowd(2)
    choose(alice, builds=OFF)
    choose(bob, builds=NO_TOAST)
    choose(quiet, ALWAYS)
    choose(plain, deploys=OFF)
    row = send("everyone", category="builds")

    numbers = of(row)

    assert numbers["suppressed"] == {"muted": 1, "toast-muted": 1, "quiet-hours": 1}
    assert some(numbers, "people", "offline") == (4, 3)


def test_a_muted_topic_is_counted_unless_the_sending_reaches_them_by_another(
    alice: User, bob: User, ops: Group
) -> None:
    bob.groups.add(ops)
    for person in (alice, bob):
        preferences.mute(person, [], topics.group(ops.pk))
    by_group = notify(["group:ops"], "Deployed")[0]
    by_both = notify(["group:ops", "user:alice"], "Deployed")[0]

    assert of(by_group)["suppressed"] == {"muted": 2}
    assert of(by_both)["suppressed"] == {"muted": 1}


def test_what_they_chose_is_that_of_when_it_was_due(alice: User, bob: User, choose: Choose) -> None:
    row = send("everyone", category="builds")
    choose(alice, ago=2 * HOUR, builds=OFF)
    choose(alice, ago=-HOUR)
    choose(bob, ago=-HOUR, builds=OFF)

    assert of(row)["suppressed"] == {"muted": 1}


def test_a_mandatory_category_is_not_suppressed(alice: User, choose: Choose) -> None:
    choose(alice, builds=OFF)

    assert of(send("everyone", category="security"))["suppressed"] == {}


def test_choices_of_people_it_is_not_for_do_not_count(alice: User, bob: User, choose: Choose) -> None:
    choose(bob, builds=OFF)

    assert of(send("user:alice", category="builds"))["suppressed"] == {}


def test_what_was_delivered_to_someone_who_muted_it_is_counted_once(
    alice: User, bob: User, choose: Choose
) -> None:
    choose(alice, builds=OFF)
    row = send("everyone", category="builds")
    give(row, alice)

    assert some(of(row), "delivered", "offline") == (1, 1)


def test_after_it_expired_no_one_is_waited_for(alice: User, bob: User) -> None:
    row = send("everyone", expires_at=timezone.now() + HOUR)
    give(row, alice)
    Notification.objects.update(expires_at=timezone.now())

    numbers = of(row)

    assert (numbers["offline"], numbers["suppressed"]) == (0, {"expired": 1})


def test_after_a_recall_no_one_is_waited_for(alice: User, bob: User) -> None:
    row = send("everyone")
    give(row, alice)
    assert row.sending_id is not None
    recalls.recall_sending(row.sending_id, by="admin", reason="wrong link")

    numbers = of(row)

    assert some(numbers, "state", "recalled", "delivered", "offline") == ("recalled", 1, 1, 0)
    assert numbers["suppressed"] == {"recalled": 1}
    assert some(numbers, "recalled_by", "recall_reason") == ("admin", "wrong link")
    assert numbers["recalled_at"]


def test_a_sending_that_was_stopped_reached_some(alice: User, bob: User) -> None:
    first, _ = notify(["user:alice", "user:bob"], "Hello")
    put_in_log([first])
    give(first, alice)
    assert of(first)["state"] == "sending"
    assert first.sending_id is not None

    recalls.stop(first.sending_id, by="admin", reason="enough")

    numbers = of(first)
    assert some(numbers, "state", "published", "recalled", "offline") == ("stopped", 1, 1, 0)
    assert numbers["suppressed"] == {"recalled": 1}


def test_who_was_named_and_has_gone_has_no_access(alice: User, bob: User) -> None:
    first, _ = notify(["user:alice", "user:bob"], "Hello")
    bob.is_active = False
    bob.save()

    assert some(of(first), "people", "suppressed") == (1, {"no-access": 1})


def test_a_replaced_one_is_no_stop(alice: User, bob: User) -> None:
    first, second = notify(["user:alice", "user:bob"], "Hello", key="k")
    put_in_log([first, second])
    send("user:bob", key="k")

    numbers = of(first)

    assert (numbers["state"], numbers["suppressed"]) == ("sent", {"replaced": 1})


def test_before_it_is_due_it_waits(alice: User) -> None:
    row = send("everyone", send_at=timezone.now() + HOUR)

    assert some(of(row), "state", "people", "offline", "suppressed") == ("waiting", 1, 0, {})


def test_it_is_found_by_one_of_its_notifications_too(alice: User, bob: User) -> None:
    first, second = notify(["user:alice", "user:bob"], "Hello")

    found = progress.around(second.pk)

    assert found is not None
    assert found[0] == of(first)
    assert (found[1].id, found[1].title, found[1].topic) == (second.pk, "Hello", f"user-{bob.pk}")


def test_it_takes_as_many_queries_whatever_the_numbers(alice: User, choose: Choose) -> None:
    choose(alice, builds=OFF)
    row = send("everyone", category="builds")
    with CaptureQueriesContext(connection) as few:
        of(row)

    people = crowd(300)
    for person in people[:40]:
        choose(person, builds=OFF)
    row = send("everyone", category="builds")
    for n in range(20):
        give(row, *people[n * 10 : n * 10 + 10])
    with CaptureQueriesContext(connection) as many:
        of(row)
    with CaptureQueriesContext(connection) as again:
        of(row)

    assert len(many) == len(few) <= 5
    assert len(again) == len(many) - 1


def test_an_address_of_each_kind_takes_no_more_than_seven(alice: User, bob: User) -> None:
    Group.objects.create(name="ops").user_set.add(bob)
    rows = notify(["user:alice", "group:ops", "topic:releases"], "Hello")

    with CaptureQueriesContext(connection) as asking:
        of(rows[0])

    assert len(asking) <= 7
