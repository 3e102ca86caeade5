"""Why this person did not get it: each reason made to happen by the verbs that make it happen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.log import Log
from notifications.inbox import preferences, read_state
from notifications.models import Notification, Subscription
from notifications.sending import recalls
from notifications.sending.notify import notify
from notifications.tracking import explain
from notifications.tracking.explain import Answer
from tests.unit.notifications.tracking.conftest import (
    ALWAYS,
    NO_TOAST,
    OFF,
    acknowledge,
    catch_up,
    give,
    send,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)

Choose = Callable[..., None]


def asked(user: User, row: Notification, later: timedelta = timedelta()) -> Answer:
    answer = explain.find(user, row.pk, timezone.now() + later)
    assert answer is not None
    return answer


def status_and_reason(answer: Answer) -> tuple[str, str]:
    return answer.status, answer.reason


def test_what_was_sent_to_a_feed_was_delivered_then_by_that_instance(alice: User) -> None:
    row = send("everyone")
    at = give(row, alice, after=SECOND)
    read_state.click(alice, row.pk)

    answer = asked(alice, row)

    assert status_and_reason(answer) == ("delivered", "delivered")
    facts = answer.facts
    assert (facts.delivered_at, facts.late) == (at, False)
    assert facts.instance
    assert facts.clicked_at == facts.read_at == facts.seen_at is not None


def test_what_a_replay_brought_was_delivered_late(alice: User) -> None:
    row = send("everyone")
    catch_up(alice, row.due_at + HOUR)

    answer = asked(alice, row, 2 * HOUR)

    assert status_and_reason(answer) == ("delivered", "delivered")
    assert (answer.facts.delivered_at, answer.facts.late) == (row.due_at + HOUR, True)


def test_the_first_of_several_deliveries_counts(alice: User) -> None:
    row = send("everyone")
    give(row, alice, after=2 * SECOND)
    first = give(row, alice, after=SECOND)

    assert asked(alice, row).facts.delivered_at == first


def test_the_first_acknowledgement_counts(alice: User, bob: User) -> None:
    row = send("everyone")
    at = give(row, alice, bob)
    acknowledge(row, bob, at=at + SECOND)
    acknowledge(row, alice, at=at + 2 * SECOND)
    acknowledge(row, alice, at=at + 3 * SECOND)

    facts = asked(alice, row).facts

    assert (facts.delivered_at, facts.acknowledged_at) == (at, at + 2 * SECOND)


def test_what_was_written_to_a_connection_is_not_acknowledged(alice: User) -> None:
    row = send("everyone")
    give(row, alice)

    assert asked(alice, row).facts.acknowledged_at is None


def test_without_an_open_feed_it_waits(alice: User, bob: User) -> None:
    row = send("everyone")
    give(row, bob)

    assert status_and_reason(asked(alice, row)) == ("waiting", "offline")


def test_a_category_that_is_off_is_withheld(alice: User, choose: Choose) -> None:
    choose(alice, builds=OFF)
    row = send(category="builds")

    assert status_and_reason(asked(alice, row)) == ("withheld", "muted")


def test_what_is_sent_to_a_muted_topic_is_withheld(alice: User) -> None:
    preferences.mute(alice, [], "everyone")
    row, other = send("everyone"), send("user:alice")
    mandatory = send("everyone", category="security")

    assert status_and_reason(asked(alice, row)) == ("withheld", "muted")
    assert status_and_reason(asked(alice, other)) == ("waiting", "offline")
    assert status_and_reason(asked(alice, mandatory)) == ("waiting", "offline")


def test_what_was_sent_before_its_topic_was_muted_was_delivered(alice: User) -> None:
    row = send("everyone")
    give(row, alice)
    preferences.mute(alice, [], "everyone")

    assert status_and_reason(asked(alice, row)) == ("delivered", "delivered")


def test_a_feed_that_got_what_is_muted_showed_nothing_of_it(alice: User, choose: Choose) -> None:
    choose(alice, builds=OFF)
    row = send(category="builds")
    give(row, alice)
    read_state.see_all(alice)

    answer = asked(alice, row)

    assert status_and_reason(answer) == ("withheld", "muted")
    assert answer.facts.delivered_at is not None


def test_what_was_muted_only_later_was_delivered(alice: User, choose: Choose) -> None:
    row = send(category="builds")
    give(row, alice)
    choose(alice, ago=-HOUR, builds=OFF)

    assert status_and_reason(asked(alice, row)) == ("delivered", "delivered")


def test_a_mandatory_category_is_never_muted(alice: User) -> None:
    row = send(category="security")
    give(row, alice)

    assert status_and_reason(asked(alice, row)) == ("delivered", "delivered")


def test_a_category_without_toasts_is_in_the_list(alice: User, choose: Choose) -> None:
    choose(alice, builds=NO_TOAST)
    row = send(category="builds")
    give(row, alice)

    assert status_and_reason(asked(alice, row)) == ("delivered", "toast-muted")


def test_in_quiet_hours_there_is_no_toast(alice: User, choose: Choose) -> None:
    choose(alice, ALWAYS)
    row = send()
    give(row, alice)

    answer = asked(alice, row)

    assert status_and_reason(answer) == ("delivered", "quiet-hours")
    assert answer.facts.quiet_hours == ALWAYS


def test_what_is_critical_breaks_quiet_hours(alice: User, choose: Choose) -> None:
    choose(alice, ALWAYS)
    row = send(severity="critical")
    give(row, alice)

    assert status_and_reason(asked(alice, row)) == ("delivered", "delivered")


def test_too_many_at_once_are_folded(alice: User) -> None:
    rows = [send(title=f"storm {n}") for n in range(4)]
    for row in rows:
        give(row, alice)

    assert {status_and_reason(asked(alice, row)) for row in rows} == {("delivered", "storm")}


def test_three_at_once_are_not_folded(alice: User) -> None:
    rows = [send(title=f"calm {n}") for n in range(3)]
    for row in rows:
        give(row, alice)

    assert {status_and_reason(asked(alice, row)) for row in rows} == {("delivered", "delivered")}


def test_the_seventh_within_ten_seconds_is_folded(alice: User) -> None:
    rows = [send("everyone", title=f"drip {n}") for n in range(7)]
    for n, row in enumerate(rows):
        give(row, alice, after=n * SECOND)

    assert [asked(alice, row).reason for row in rows] == ["delivered"] * 6 + ["storm"]


def test_what_is_critical_is_never_folded(alice: User) -> None:
    for n in range(10):
        give(send(title=f"storm {n}"), alice)
    row = send(severity="critical")
    give(row, alice)

    assert status_and_reason(asked(alice, row)) == ("delivered", "delivered")


def test_what_wanted_no_toast_folds_no_others(alice: User, choose: Choose) -> None:
    choose(alice, builds=NO_TOAST)
    for n in range(10):
        give(send(title=f"storm {n}", category="builds"), alice)
    row = send()
    give(row, alice)

    assert status_and_reason(asked(alice, row)) == ("delivered", "delivered")


def test_what_expired_before_they_came_is_gone(alice: User) -> None:
    row = send(expires_at=timezone.now() + HOUR)

    assert status_and_reason(asked(alice, row)) == ("waiting", "offline")
    assert status_and_reason(asked(alice, row, 2 * HOUR)) == ("gone", "expired")


def test_what_was_recalled_names_who_did_and_why(alice: User) -> None:
    row = send()
    recalls.recall(row.pk, by="admin", reason="wrong link")

    answer = asked(alice, row)

    assert status_and_reason(answer) == ("gone", "recalled")
    assert (answer.facts.recalled_by, answer.facts.recall_reason) == ("admin", "wrong link")
    assert answer.facts.recalled_at is not None


def test_what_was_delivered_before_it_was_recalled_was_delivered(alice: User) -> None:
    row = send()
    give(row, alice)
    recalls.recall(row.pk, by="admin")

    answer = asked(alice, row)

    assert status_and_reason(answer) == ("delivered", "delivered")
    assert answer.facts.recalled_by == "admin"


def test_a_later_one_with_its_key_replaces_it(alice: User) -> None:
    row = send(key="build-1")
    send(title="Later", key="build-1")

    assert status_and_reason(asked(alice, row)) == ("gone", "replaced")


def test_a_user_who_recalls_with_that_word_replaces_nothing(alice: User) -> None:
    row = send()
    recalls.recall(row.pk, by="admin", reason="replaced")

    assert status_and_reason(asked(alice, row)) == ("gone", "recalled")


def test_another_user_s_notification_is_no_access(alice: User, bob: User) -> None:
    row = send("user:bob")

    assert status_and_reason(asked(alice, row)) == ("never", "no-access")


def test_a_user_who_is_not_in_the_group_has_no_access(alice: User) -> None:
    group = Group.objects.create(name="ops")
    row = send("group:ops")

    assert status_and_reason(asked(alice, row)) == ("never", "no-access")

    before = timezone.now()
    alice.groups.add(group)

    answer = asked(alice, row)
    assert status_and_reason(answer) == ("never", "came-later")
    assert answer.facts.joined_at is not None
    assert before <= answer.facts.joined_at <= timezone.now()
    assert status_and_reason(asked(alice, send("group:ops"))) == ("waiting", "offline")


def test_a_user_who_does_not_follow_a_topic_has_no_access(alice: User) -> None:
    row = send("topic:releases")

    assert status_and_reason(asked(alice, row)) == ("never", "no-access")

    Subscription.objects.create(user=alice, topic="releases")

    assert status_and_reason(asked(alice, row)) == ("never", "came-later")
    assert status_and_reason(asked(alice, send("topic:releases"))) == ("waiting", "offline")


def test_a_user_who_is_deactivated_has_no_access(alice: User) -> None:
    row = send()
    alice.is_active = False
    alice.save()

    assert status_and_reason(asked(alice, row)) == ("never", "no-access")


def test_what_they_got_before_they_left_was_delivered(alice: User) -> None:
    group = Group.objects.create(name="ops")
    alice.groups.add(group)
    row = send("group:ops")
    give(row, alice)
    alice.groups.clear()

    assert status_and_reason(asked(alice, row)) == ("delivered", "delivered")


def test_a_user_who_joined_later_never_had_it() -> None:
    row = send("everyone")
    newcomer = User.objects.create_user("newcomer", date_joined=row.due_at + SECOND)

    assert status_and_reason(asked(newcomer, row)) == ("never", "came-later")


def test_what_is_not_due_is_scheduled(alice: User) -> None:
    row = send(send_at=timezone.now() + HOUR)

    assert status_and_reason(asked(alice, row)) == ("waiting", "scheduled")


def test_what_was_recalled_before_it_was_due_is_recalled(alice: User) -> None:
    row = send(send_at=timezone.now() + HOUR)
    recalls.recall(row.pk, by="admin")

    assert status_and_reason(asked(alice, row)) == ("gone", "recalled")


@pytest.mark.django_db(transaction=True)
def test_while_the_log_is_away_it_is_unpublished(alice: User) -> None:
    row = notify(["user:alice"], "Committed")[0]

    assert status_and_reason(asked(alice, row)) == ("waiting", "unpublished")


@pytest.mark.django_db(transaction=True)
def test_once_it_is_in_the_log_it_waits_for_them(live_log: Log, alice: User) -> None:
    row = notify(["user:alice"], "Committed")[0]

    assert status_and_reason(asked(alice, row)) == ("waiting", "offline")


def test_what_was_found_in_the_list_alone_was_seen_there(alice: User) -> None:
    row = send()
    read_state.read(alice, row.pk)

    answer = asked(alice, row)

    assert status_and_reason(answer) == ("listed", "seen-in-list")
    assert answer.facts.delivered_at is None
    assert answer.facts.read_at is not None


def test_it_takes_at_most_six_queries(alice: User, choose: Choose) -> None:
    choose(alice, builds=OFF)
    rows = [send("everyone", title=f"{n}") for n in range(40)]
    for row in rows:
        give(row, alice)

    with CaptureQueriesContext(connection) as asking:
        asked(User.objects.get(pk=alice.pk), rows[-1])

    assert len(asking) <= 7  # the person is one of them
