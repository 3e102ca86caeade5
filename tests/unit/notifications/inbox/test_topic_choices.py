"""Following and muting topics: what a person does by themselves, of what they may read."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection

from hub import topics
from hub.log import Log
from hub.policies.current import table
from hub.policies.policy import TopicPolicy
from notifications import subscribe
from notifications.access import judge
from notifications.inbox import counts, preferences
from notifications.inbox.preferences import MAX_FOLLOWED, MAX_MUTED
from notifications.models import Grant, Preference, PreferenceChange, Subscription
from notifications.sending.notify import notify
from tests.unit.notifications.conftest import Caller, events_on, refused

pytestmark = pytest.mark.django_db

RELEASES = "topics/releases/subscription"


@pytest.fixture
def readable(db: None) -> None:
    """Everyone may read releases and builds-…"""
    for pattern in ("releases", "builds-*"):
        Grant.objects.create(pattern=pattern)


def titles(reader: Caller) -> list[str]:
    return sorted(item["title"] for item in reader.get("notifications").json["items"])


@pytest.mark.usefixtures("readable")
def test_what_is_sent_to_a_topic_is_in_the_inbox_of_who_follows_it(reader: Caller) -> None:
    answer = reader.put(RELEASES)
    notify(["topic:releases"], "2.0 is out")

    assert (answer.status, answer.json["followed_topics"]) == (200, ["releases"])
    assert titles(reader) == ["2.0 is out"]
    assert reader.get("preferences").json["followed_topics"] == ["releases"]


@pytest.mark.usefixtures("readable")
def test_it_is_not_any_more_once_they_do_not_follow_it(reader: Caller) -> None:
    reader.put(RELEASES)
    notify(["topic:releases"], "2.0 is out")

    answer = reader.delete(RELEASES)

    assert (answer.status, answer.json["followed_topics"]) == (200, [])
    assert titles(reader) == []


@pytest.mark.usefixtures("readable")
def test_whoever_may_not_read_it_any_more_has_nothing_of_it_any_more(reader: Caller, alice: User) -> None:
    reader.put(RELEASES)
    notify(["topic:releases"], "2.0 is out")

    Grant.objects.get(pattern="releases").delete()

    assert titles(reader) == []
    assert counts.of(alice, judge.own_topics(alice))["unread"] == 0
    assert judge.accounts([alice.pk])[alice.pk].rights.denied(["releases"]) == ["releases"]
    Grant.objects.create(pattern="rel*")
    assert titles(reader) == ["2.0 is out"]


def test_a_topic_that_only_a_group_may_read_leaves_with_the_group(
    reader: Caller, alice: User, ops: Group
) -> None:
    Grant.objects.create(pattern="pager", group=ops)
    assert reader.put("topics/pager/subscription").status == 200

    alice.groups.remove(ops)

    assert "pager" not in judge.own_topics(alice)


def test_what_a_policy_opens_is_followed_as_long_as_it_does(reader: Caller, alice: User, ops: Group) -> None:
    table.replace([TopicPolicy(pattern="price-*", read=(topics.group(ops.pk),))])
    try:
        assert reader.put("topics/price-1/subscription").status == 200
        assert "price-1" in judge.own_topics(alice)
    finally:
        table.replace([])

    assert "price-1" not in judge.own_topics(alice)


def test_what_code_of_the_project_subscribed_someone_to_needs_no_grant(reader: Caller, alice: User) -> None:
    Grant.objects.create(pattern="releases")
    reader.put(RELEASES)
    subscribe(alice, "releases")

    Grant.objects.all().delete()

    assert "releases" in judge.own_topics(alice)


def test_a_role_that_may_look_at_any_topic_is_no_right_to_follow_it(alice: User) -> None:
    alice.is_staff = alice.is_superuser = True
    alice.save()

    assert refused(Caller(user=alice).put("topics/secret/subscription"), 403)


@pytest.mark.usefixtures("readable")
def test_twice_is_once(reader: Caller) -> None:
    for call in (reader.put, reader.put, reader.delete, reader.delete):
        assert call(RELEASES).status == 200


@pytest.mark.parametrize("action", ["subscription", "mute"])
def test_a_topic_that_one_may_not_read_is_neither_followed_nor_muted(
    action: str, reader: Caller, alice: User
) -> None:
    answer = reader.put(f"topics/secret/{action}")

    assert refused(answer, 403)
    assert answer.json["topics"] == ["secret"]
    assert not Subscription.objects.exists()
    assert not Preference.objects.exists()


@pytest.mark.parametrize(
    "topic", ["everyone", "user-8", "group-1", "room-1", "hub.control", "staff-all", "a%20b"]
)
def test_only_a_live_topic_is_followed(topic: str, reader: Caller) -> None:
    assert reader.put(f"topics/{topic}/subscription").status == 422
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    "topic", ["user-99999", "group-99999", "room-1", "hub.control", "staff-all", "a%20b"]
)
def test_what_is_no_topic_of_the_inbox_is_not_muted(topic: str, reader: Caller) -> None:
    assert reader.put(f"topics/{topic}/mute").status == 422
    assert not Preference.objects.exists()


def test_what_is_sent_to_oneself_is_not_muted(reader: Caller, alice: User) -> None:
    answer = reader.put(f"topics/user-{alice.pk}/mute")

    assert refused(answer, 422, "topic")
    assert "category" in answer.json["detail"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("action", ["subscription", "mute"])
def test_a_stranger_and_a_program_are_refused(method: str, action: str, db: None, program: Caller) -> None:
    assert Caller().call(method, f"topics/releases/{action}").status == 401
    assert program.call(method, f"topics/releases/{action}").status in (401, 403)


def test_a_muted_topic_is_left_out_of_list_and_count_until_it_is_not(
    reader: Caller, alice: User, ops: Group
) -> None:
    topic = topics.group(ops.pk)
    notify(["group:ops"], "Deployed")
    notify(["everyone"], "Hello")
    notify(["group:ops"], "Sign in again", category="security")

    muted = reader.put(f"topics/{topic}/mute")

    assert muted.json["muted_topics"] == [topic]
    assert titles(reader) == ["Hello", "Sign in again"]
    assert counts.of(alice, [topic, "everyone"])["unread"] == 2
    assert reader.delete(f"topics/{topic}/mute").json["muted_topics"] == []
    assert titles(reader) == ["Deployed", "Hello", "Sign in again"]


def test_everyone_may_be_muted(reader: Caller, alice: User) -> None:
    notify(["everyone"], "Hello")

    assert reader.put("topics/everyone/mute").status == 200
    assert titles(reader) == []


@pytest.mark.django_db(transaction=True)
def test_open_pages_are_told_of_both(reader: Caller, alice: User, live_log: Log, readable: None) -> None:
    reader.put(RELEASES)
    reader.put(RELEASES)
    reader.put("topics/everyone/mute")
    reader.put("topics/everyone/mute")

    sent = [event["data"] for event in events_on(live_log, f"user-{alice.pk}")]
    assert [(data["followed_topics"], data["muted_topics"]) for data in sent] == [
        (["releases"], []),
        (["releases"], ["everyone"]),
    ]
    assert sent[-1] == reader.get("preferences").json


def test_preferences_that_are_put_leave_topics_as_they_are(reader: Caller, alice: User) -> None:
    reader.put("topics/everyone/mute")
    reader.put("preferences", {"categories": {}, "quiet_hours": None})
    known = reader.get("preferences").json
    known.pop("mandatory")

    assert reader.put("preferences", known).json["muted_topics"] == ["everyone"]
    assert refused(reader.put("preferences", {**known, "muted_topics": []}), 422, "muted_topics")
    assert refused(reader.put("preferences", {**known, "followed_topics": ["x"]}), 422, "followed_topics")


@pytest.mark.usefixtures("readable")
def test_both_are_bounded(reader: Caller, alice: User) -> None:
    Preference.objects.create(user=alice, muted_topics=sorted(f"builds-{n}" for n in range(MAX_MUTED)))
    for number in range(MAX_FOLLOWED):
        Subscription.objects.create(user=alice, topic=f"builds-{number}")

    assert refused(reader.put("topics/releases/mute"), 422)
    assert refused(reader.put(RELEASES), 422)
    assert (
        reader.put("topics/builds-1/mute").status == reader.put("topics/builds-1/subscription").status == 200
    )


def test_changes_are_as_many_a_minute_as_those_of_preferences(reader: Caller, alice: User) -> None:
    for _ in range(preferences.MAX_CHANGES_PER_MINUTE // 2):
        reader.put("topics/everyone/mute")
        reader.delete("topics/everyone/mute")

    answer = reader.put("topics/everyone/mute")

    assert refused(answer, 429)
    assert int(answer.headers["Retry-After"]) > 0


def together(*acts: Callable[[], object]) -> None:
    """Do these at the same moment, each in a thread with a connection of its own."""
    barrier = threading.Barrier(len(acts))
    failed: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        try:
            barrier.wait(10)
            act()
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.mark.django_db(transaction=True)
def test_race_following_twice_at_once_is_once(readable: None, alice: User) -> None:
    calls = [Caller(user=alice) for _ in range(4)]

    together(*[lambda call=call: call.put(RELEASES) for call in calls])

    assert Subscription.objects.filter(user=alice).count() == 1


@pytest.mark.django_db(transaction=True)
def test_race_topics_muted_at_once_are_all_muted(readable: None, alice: User) -> None:
    calls = [(Caller(user=alice), f"topics/builds-{number}/mute") for number in range(4)]

    together(*[lambda call=call, path=path: call.put(path) for call, path in calls])

    assert Preference.objects.get(user=alice).muted_topics == [f"builds-{number}" for number in range(4)]
    assert PreferenceChange.objects.filter(user=alice).count() == 4
