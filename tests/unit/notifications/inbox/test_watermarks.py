"""Everything is read at once by one row per topic, and all that shows read states follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub import topics
from hub.ports import Person
from notifications.access import judge
from notifications.inbox import counts, listing, read_state, sync
from notifications.models import Notification, Reading, Sending, Watermark
from notifications.sending import recalls
from notifications.tracking import explain, progress

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
Verb = Callable[[User], None]


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", date_joined=timezone.now() - 10 * HOUR)


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", date_joined=timezone.now() - 10 * HOUR)


def published(position: int | None, topic: str = topics.EVERYONE, ago: timedelta = HOUR) -> Notification:
    due_at = timezone.now() - ago
    sending = Sending.objects.create(to=[topic], title=f"{position}", due_at=due_at)
    return Notification.objects.create(
        topic=topic,
        title=f"{position}",
        created_at=due_at,
        due_at=due_at,
        position=position,
        sending=sending,
    )


def numbers(user: User) -> tuple[int, int]:
    """Unread and unseen."""
    count = counts.of(user, judge.own_topics(user))
    return count["unread"], count["unseen"]


def titles(user: User, which: str) -> list[str]:
    return [item["title"] for item in listing.find(user, judge.own_topics(user), which)[0]]


def numbers_of(row: Notification) -> tuple[int, int, int]:
    """How many people have seen, read and clicked it."""
    assert row.sending_id is not None
    found = progress.of(row.sending_id)
    assert found is not None
    return found["seen"], found["read"], found["clicked"]


def facts(user: User, row: Notification) -> explain.Facts:
    answer = explain.find(user, row.pk, timezone.now())
    assert answer is not None
    return answer.facts


@pytest.mark.parametrize(
    ("verb", "left"), [(read_state.read_all, (0, 0)), (read_state.see_all, (6, 0))], ids=["read", "seen"]
)
def test_many_take_one_row_per_topic(alice: User, verb: Verb, left: tuple[int, int]) -> None:
    for position in range(1, 4):
        published(position)
        published(position + 10, topics.user(alice.pk))

    verb(alice)

    assert (Watermark.objects.count(), Reading.objects.count()) == (2, 0)
    assert numbers(alice) == left
    assert len(titles(alice, "unread")) == left[0]
    assert len(titles(alice, "all")) == 6


def test_a_second_time_takes_none_and_notifies_no_page(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    published(1)
    read_state.read_all(alice)
    events: list[object] = []
    monkeypatch.setattr(sync, "notify_after_commit", lambda *event: events.append(event))

    read_state.read_all(alice)
    read_state.see_all(alice)

    assert Watermark.objects.count() == 1
    assert not events


def test_what_is_committed_later_is_unread_even_if_it_was_due_before(alice: User) -> None:
    published(5, ago=timedelta())
    read_state.read_all(alice)
    published(6, ago=HOUR)
    published(None)

    assert numbers(alice) == (2, 2)
    assert sorted(titles(alice, "unread")) == ["6", "None"]


def test_what_has_no_position_yet_is_read_and_stays_read(alice: User) -> None:
    row = published(None)
    failed = published(0)
    read_state.read_all(alice)
    Notification.objects.filter(pk=row.pk).update(position=9)

    assert numbers(alice) == (0, 0)
    assert set(Reading.objects.values_list("notification_id", flat=True)) == {row.pk, failed.pk}


def test_one_of_them_can_be_unread_again(alice: User) -> None:
    row, _ = published(1), published(2)
    read_state.read_all(alice)

    read_state.unread(alice, row.pk)

    assert numbers(alice) == (1, 0)
    assert titles(alice, "unread") == ["1"]
    assert numbers_of(row) == (1, 0, 0)
    read_state.read_all(alice)
    assert numbers(alice) == (0, 0)


def test_one_of_them_can_be_archived_and_comes_back_read(alice: User) -> None:
    row = published(1)
    read_state.read_all(alice)

    read_state.archive(alice, row.pk)
    assert (titles(alice, "all"), titles(alice, "archived")) == ([], ["1"])
    read_state.unarchive(alice, row.pk)

    assert numbers(alice) == (0, 0)
    assert (titles(alice, "all"), titles(alice, "unread")) == (["1"], [])


def test_what_was_archived_before_stays_as_it_was(alice: User) -> None:
    row, _ = published(1), published(2)
    read_state.archive(alice, row.pk)

    read_state.read_all(alice)
    read_state.unarchive(alice, row.pk)

    assert titles(alice, "unread") == ["1"]
    assert numbers(alice) == (1, 0)


def test_the_first_moment_counts(alice: User) -> None:
    row = published(1)
    read_state.see_all(alice)
    seen = facts(alice, row).seen_at
    published(2)
    read_state.read_all(alice)
    read = facts(alice, row).read_at
    published(3)
    read_state.read_all(alice)

    item = listing.one(alice, judge.own_topics(alice), row.pk)

    assert seen is not None
    assert read is not None
    assert seen < read
    assert (facts(alice, row).seen_at, facts(alice, row).read_at) == (seen, read)
    assert (item["seen_at"] is None, item["read_at"] is None) == (False, False)
    assert item["seen_at"] <= item["read_at"]


def test_a_click_on_what_was_read_keeps_that_moment(alice: User) -> None:
    row = published(1)
    read_state.read_all(alice)
    read = facts(alice, row).read_at

    read_state.click(alice, row.pk)

    assert facts(alice, row).read_at == read
    assert facts(alice, row).clicked_at is not None
    assert numbers_of(row) == (1, 1, 1)


def test_one_person_s_are_not_another_s(alice: User, bob: User) -> None:
    row = published(1)

    read_state.read_all(alice)

    assert numbers(bob) == (1, 1)
    assert titles(bob, "unread") == ["1"]
    assert facts(bob, row).read_at is None
    assert numbers_of(row) == (1, 1, 0)


def test_each_of_many_has_their_own_count(alice: User) -> None:
    people = [User.objects.create_user(f"u{n}", date_joined=timezone.now() - 10 * HOUR) for n in range(12)]
    for position, user in enumerate(people, start=1):
        published(position)
        read_state.see_all(user)
        if position % 2:
            read_state.read_all(user)

    found = counts.of_all([Person(str(u.pk), u.username, judge.own_topics(u)) for u in people])

    assert [(count["unread"], count["unseen"]) for count in found.values()] == [
        (12 - position if position % 2 else 12, 12 - position) for position in range(1, 13)
    ]


def test_a_recall_keeps_who_had_read_it(alice: User, bob: User) -> None:
    row = published(1)
    read_state.read_all(alice)
    recalls.recall(row.pk)
    Notification.objects.filter(pk=row.pk).update(position=2)
    published(3)
    read_state.read_all(bob)

    assert numbers_of(row) == (1, 1, 0)
    assert facts(alice, row).read_at is not None
    assert facts(bob, row).read_at is None


def test_what_had_expired_or_was_before_their_time_was_not_read(alice: User, bob: User) -> None:
    expired, early = published(1), published(2, ago=2 * HOUR)
    Notification.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    User.objects.filter(pk=bob.pk).update(date_joined=timezone.now() - 1.5 * HOUR)
    published(3)

    for user in (alice, bob):
        user.refresh_from_db()
        read_state.read_all(user)

    assert numbers_of(expired) == (0, 0, 0)
    assert numbers_of(early) == (1, 1, 0)
    assert facts(bob, early).read_at is None


def test_who_comes_back_to_a_group_finds_unread_what_came_after(alice: User) -> None:
    group = Group.objects.create(name="crew")
    alice.groups.add(group)
    published(1, topics.group(group.pk), ago=timedelta())
    read_state.read_all(alice)
    alice.groups.remove(group)
    alice.groups.add(group)
    published(2, topics.group(group.pk), ago=timedelta())

    assert numbers(alice) == (1, 1)
    assert titles(alice, "unread") == titles(alice, "all") == ["2"]


def test_it_takes_as_many_queries_of_many_as_of_few(alice: User) -> None:
    def queries(first: int, many: int) -> int:
        for position in range(first, first + many):
            published(position)
        with CaptureQueriesContext(connection) as captured:
            read_state.read_all(alice)
        return len(captured)

    assert queries(1, 1) == queries(2, 60)
