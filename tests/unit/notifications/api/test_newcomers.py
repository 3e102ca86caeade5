"""Who joins a group, or follows a topic, finds what comes after that: in the list and in every count."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from notifications.access import belongings, judge
from notifications.inbox import counts, listing, read_state
from notifications.models import Arrival, Notification, Reading, Subscription
from notifications.sending.notify import notify
from tests.unit.notifications.conftest import Caller, refused

HOUR = timedelta(hours=1)


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", date_joined=timezone.now() - 1000 * HOUR)


@pytest.fixture
def crew(db: None) -> Group:
    return Group.objects.create(name="crew")


def sent(to: str, title: str, ago: timedelta = timedelta()) -> Notification:
    """One that was due so long ago."""
    (row,) = notify([to], title)
    Notification.objects.filter(pk=row.pk).update(due_at=timezone.now() - ago)
    return row


def found(user: User) -> tuple[list[str], int, int]:
    """What is in the list, unread in the count, and unseen in it."""
    own = judge.own_topics(user)
    count = counts.of(user, own)
    return [item["title"] for item in listing.find(user, own)[0]], count["unread"], count["unseen"]


def came(user: User) -> dict[str, datetime]:
    return dict(Arrival.objects.filter(user=user).values_list("topic", "since"))


def follow(user: User) -> None:
    Subscription.objects.create(user=user, topic="releases")


def join(user: User) -> None:
    user.groups.add(Group.objects.get(name="crew"))


def be_joined(user: User) -> None:
    Group.objects.get(name="crew").user_set.add(user)


@pytest.mark.parametrize(
    ("to", "act"), [("group:crew", join), ("group:crew", be_joined), ("topic:releases", follow)]
)
def test_what_was_there_before_they_came_is_neither_listed_nor_counted(
    alice: User, crew: Group, to: str, act: object
) -> None:
    sent(to, "before", HOUR)

    act(alice)  # type: ignore[operator]
    sent(to, "after")

    assert found(alice) == (["after"], 1, 1)


def test_what_was_before_them_cannot_be_fetched_or_marked(reader: Caller, alice: User, crew: Group) -> None:
    before = sent("group:crew", "before", HOUR)
    join(alice)

    assert refused(reader.get(f"notifications/{before.pk}"), 404)
    for path in ("reading", "click", "archive"):
        assert refused(reader.put(f"notifications/{before.pk}/{path}"), 404)


def test_no_page_begins_at_what_was_before_them(reader: Caller, alice: User, crew: Group) -> None:
    before = sent("group:crew", "before", HOUR)
    join(alice)

    assert refused(reader.get(f"notifications?before={before.pk}"), 422, "before")


def test_reading_and_seeing_all_leaves_out_what_was_before_them(
    reader: Caller, alice: User, crew: Group
) -> None:
    sent("group:crew", "before", HOUR)
    join(alice)
    after = sent("group:crew", "after")

    for path in ("seen", "read-all"):
        reader.post(f"notifications/{path}")

    assert [one.notification_id for one in Reading.objects.all()] == [after.pk]
    assert found(alice) == (["after"], 0, 0)


def test_who_leaves_and_comes_back_begins_anew(alice: User, crew: Group) -> None:
    join(alice)
    read = sent("group:crew", "read")
    read_state.read(alice, read.pk)
    sent("group:crew", "unread")
    Notification.objects.update(due_at=timezone.now())

    alice.groups.remove(crew)
    join(alice)
    sent("group:crew", "after")

    assert found(alice) == (["after"], 1, 1)


def test_so_it_is_for_who_comes_back_behind_our_back(alice: User, crew: Group) -> None:
    """With no signal, and nobody asked meanwhile."""
    join(alice)
    sent("group:crew", "before")
    assert found(alice)[0] == ["before"]

    members = User.groups.through.objects
    members.filter(user=alice).delete()
    members.bulk_create([User.groups.through(user=alice, group=crew)])
    first = found(alice)
    sent("group:crew", "after")

    assert first == ([], 0, 0)
    assert found(alice) == (["after"], 1, 1)


def test_who_was_joined_without_a_signal_came_when_it_is_first_asked(alice: User, crew: Group) -> None:
    User.groups.through.objects.bulk_create([User.groups.through(user=alice, group=crew)])
    Subscription.objects.bulk_create([Subscription(user=alice, topic="releases")])
    sent("group:crew", "before", HOUR)
    sent("topic:releases", "before", HOUR)
    begin = timezone.now()

    first = found(alice)
    sent("group:crew", "after")

    assert first == ([], 0, 0)
    assert found(alice)[0] == ["after"]
    assert len(came(alice)) == 2
    assert all(begin <= at <= timezone.now() for at in came(alice).values())


def test_when_they_came_is_recorded_once(alice: User, crew: Group) -> None:
    join(alice)
    arrivals = came(alice)

    with CaptureQueriesContext(connection) as captured:
        judge.own_topics(alice)

    assert len(captured) == 1
    assert came(alice) == arrivals


def test_a_topic_that_was_left_is_forgotten_at_the_next_lookup(alice: User, crew: Group) -> None:
    join(alice)
    follow(alice)
    crew.delete()
    Subscription.objects.all().delete()

    judge.own_topics(alice)

    assert came(alice) == {}


def test_where_an_arrival_cannot_be_recorded_the_topic_is_not_in_the_inbox_yet(
    alice: User, crew: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.groups.through.objects.bulk_create([User.groups.through(user=alice, group=crew)])

    def read_only(*args: object, **kwargs: object) -> None:
        raise DatabaseError("cannot execute INSERT in a read-only transaction")

    with monkeypatch.context() as failing:
        failing.setattr(type(Arrival.objects.all()), "bulk_create", read_only)
        meanwhile = judge.own_topics(alice)
    later = judge.own_topics(alice)

    assert meanwhile == ("everyone", f"user-{alice.pk}")
    assert len(later) == 3


def test_a_feed_knows_since_when_each_topic_is_in_the_inbox(alice: User, crew: Group) -> None:
    join(alice)
    follow(alice)

    mine = belongings.of([alice.pk])[alice.pk]

    joined = belongings.position(alice.date_joined)
    since = dict(zip(mine.own, mine.since, strict=True))
    assert since.pop("everyone") == since.pop(f"user-{alice.pk}") == joined
    assert since == {topic: belongings.position(at) for topic, at in came(alice).items()}


def test_the_past_can_be_opened(alice: User, crew: Group, settings: Settings) -> None:
    settings.HUB_NEWCOMERS_SEE_PAST = True
    sent("everyone", "before the account", 2000 * HOUR)
    sent("group:crew", "before", HOUR)
    join(alice)

    assert found(alice) == (["before"], 1, 1)
    mine = belongings.of([alice.pk])[alice.pk]
    assert set(mine.since) == {belongings.position(alice.date_joined)}


def test_in_an_open_past_who_came_is_recorded_for_the_day_it_is_closed(
    alice: User, crew: Group, settings: Settings
) -> None:
    settings.HUB_NEWCOMERS_SEE_PAST = True
    join(alice)
    arrivals = came(alice)
    settings.HUB_NEWCOMERS_SEE_PAST = False

    judge.own_topics(alice)

    assert came(alice) == arrivals != {}
