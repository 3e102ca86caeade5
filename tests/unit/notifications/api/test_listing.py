"""The inbox over the API: whose rows, in which order, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from hub import events
from hub.ports import Person
from notifications.access import judge
from notifications.inbox import counts, preferences, read_state
from notifications.inbox.preference_rule import Choice, Chosen
from notifications.models import Notification
from notifications.sending.notify import notify
from tests.unit.notifications.conftest import Caller, refused


def titles(caller: Caller, query: str = "") -> list[str]:
    return [item["title"] for item in caller.get(f"notifications{query}").json["items"]]


def test_it_holds_what_is_for_the_person_and_the_latest_first(
    reader: Caller, alice: User, bob: User, ops: Group
) -> None:
    for to in ("user:alice", "user:bob", "group:ops", "topic:releases", "everyone"):
        notify([to], to)

    assert titles(reader) == ["everyone", "group:ops", "user:alice"]


def test_an_item_has_all_of_a_notification(reader: Caller) -> None:
    (row,) = notify(["user:alice"], "Hello", body="Text", url="/x", category="c", severity="error")

    (item,) = reader.get("notifications").json["items"]

    assert item.pop("created_at").endswith("Z")
    assert item == {
        "id": str(row.pk),
        "topic": row.topic,
        "group": None,
        "title": "Hello",
        "body": "Text",
        "url": "/x",
        "category": "c",
        "severity": "error",
        "position": None,
        "seen_at": None,
        "read_at": None,
        "archived_at": None,
    }


def test_an_item_that_expires_has_the_time(reader: Caller) -> None:
    expires_at = timezone.now() + timedelta(hours=1)
    (row,) = notify(["user:alice"], "Hello", expires_at=expires_at)

    (item,) = reader.get("notifications").json["items"]

    assert item["expires_at"] == events.stamp(expires_at)
    assert reader.get(f"notifications/{row.pk}").json["expires_at"] == item["expires_at"]


def test_it_does_not_hold_what_was_there_before_the_person_came(reader: Caller, alice: User) -> None:
    notify(["everyone"], "Before")
    alice.date_joined = timezone.now()
    alice.save()
    notify(["everyone"], "After")

    assert titles(reader) == ["After"]


@pytest.mark.parametrize("change", [{"expires_at": -1}, {"recalled_at": -1}, {"due_at": 60}])
def test_it_does_not_hold_what_is_expired_recalled_or_not_due(reader: Caller, change: dict[str, int]) -> None:
    notify(["user:alice"], "Hello")
    moments: dict[str, Any] = {
        field: timezone.now() + timedelta(seconds=seconds) for field, seconds in change.items()
    }
    Notification.objects.update(**moments)

    answer = reader.get("notifications").json

    assert answer["items"] == []
    assert answer["count"]["unread"] == 0


def test_pages_are_walked_without_a_gap_or_a_repetition(reader: Caller) -> None:
    # One transaction gives many rows the same moment: then the id decides.
    notify([f"topic:t{number}" for number in range(25)], "many")
    Notification.objects.update(topic="everyone")
    seen: list[str] = []
    next = ""
    while True:
        page = reader.get(f"notifications?limit=10{next}").json
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        next = f"&before={page['next']}"

    newest_first = Notification.objects.order_by("-due_at", "-id").values_list("pk", flat=True)
    assert seen == [str(pk) for pk in newest_first]


def test_a_full_last_page_has_no_next(reader: Caller) -> None:
    notify(["user:alice"], "Hello")

    assert reader.get("notifications?limit=1").json["next"] is None


def test_a_page_goes_on_after_a_notification_that_was_recalled_meanwhile(reader: Caller) -> None:
    for title in ("First", "Second"):
        notify(["user:alice"], title)
    before = reader.get("notifications?limit=1").json["next"]
    Notification.objects.filter(pk=before).update(recalled_at=timezone.now())

    assert titles(reader, f"?before={before}") == ["First"]


def test_the_filters_part_read_and_put_away(reader: Caller) -> None:
    rows = [notify(["user:alice"], title)[0] for title in ("Unread", "Read", "Away")]
    reader.put(f"notifications/{rows[1].pk}/reading")
    reader.put(f"notifications/{rows[2].pk}/archive")

    assert titles(reader) == titles(reader, "?filter=all") == ["Read", "Unread"]
    assert titles(reader, "?filter=unread") == ["Unread"]
    assert titles(reader, "?filter=archived") == ["Away"]


def test_a_category_narrows_it(reader: Caller) -> None:
    for category in ("builds", "deploys"):
        notify(["user:alice"], category, category=category)

    assert titles(reader, "?category=builds") == ["builds"]
    assert titles(reader, "?category=") == ["deploys", "builds"]


def test_reading_the_list_marks_nothing(reader: Caller) -> None:
    notify(["user:alice"], "Hello")

    reader.get("notifications")

    assert reader.get("notifications").json["count"].items() >= {"unread": 1, "unseen": 1}.items()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("filter=some", "filter"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=1e999", "limit"),
        ("before=7", "before"),
        ("before=", "before"),
        ("before=00000000-0000-0000-0000-000000000000", "before"),
        ("category=%00", "category"),
        ("category=Builds", "category"),
        ("page=2", "page"),
    ],
)
def test_a_wrong_parameter_is_named(reader: Caller, query: str, field: str) -> None:
    assert refused(reader.get(f"notifications?{query}"), 422, field)


def test_a_page_does_not_begin_at_another_user_s(reader: Caller, bob: User) -> None:
    (row,) = notify(["user:bob"], "Bob's")

    assert refused(reader.get(f"notifications?before={row.pk}"), 422, "before")


def test_a_long_list_takes_as_many_queries_as_a_short_one(reader: Caller) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            reader.get("notifications?limit=100")
        return len(captured)

    notify(["user:alice"], "One")
    of_one = queries()
    for number in range(60):
        notify(["user:alice"], f"{number}")

    assert queries() == of_one
    assert of_one <= 10


def mute(user: User, *categories: str) -> None:
    off: Choice = {"feed": False, "toast": False}
    chosen: Chosen = {"categories": dict.fromkeys(categories, off), "quiet_hours": None}
    preferences.put(user, judge.own_topics(user), chosen)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("green", ["Build is GREEN", "Deploy"]),
        ("is%20green", ["Build is GREEN"]),
        ("%25", ["100% done"]),
        ("_", []),
        ("%00", []),
        ("", ["100% done", "Build is GREEN", "Deploy"]),
    ],
)
def test_a_search_finds_what_stands_in_title_or_text_and_takes_it_literally(
    reader: Caller, q: str, found: list[str]
) -> None:
    notify(["user:alice"], "Deploy", body="all green")
    notify(["user:alice"], "Build is GREEN")
    notify(["user:alice"], "100% done")

    assert titles(reader, f"?q={q}") == found


def test_a_search_is_of_a_hundred_characters_at_most(reader: Caller) -> None:
    assert refused(reader.get(f"notifications?q={'a' * 101}"), 422, "q")


def test_what_is_muted_is_left_out_of_list_search_and_count_until_it_is_on_again(
    reader: Caller, alice: User
) -> None:
    notify(["user:alice"], "Muted", category="builds")
    notify(["user:alice"], "Heard", category="deploys")
    mute(alice, "builds")

    muted = reader.get("notifications").json
    searched = reader.get("notifications?q=muted").json["items"]
    of_it = reader.get("notifications?category=builds").json["items"]
    mute(alice)

    assert [item["title"] for item in muted["items"]] == ["Heard"]
    assert muted["count"]["unread"] == muted["count"]["unseen"] == 1
    assert searched == of_it == []
    assert titles(reader) == ["Heard", "Muted"]
    assert reader.get("notifications/count").json["count"]["unread"] == 2


def test_what_is_without_a_category_can_be_muted(reader: Caller, alice: User) -> None:
    notify(["user:alice"], "Muted")
    notify(["user:alice"], "Heard", category="builds")
    mute(alice, "")

    assert titles(reader) == ["Heard"]


def test_what_became_mandatory_is_not_muted(reader: Caller, alice: User, settings: Settings) -> None:
    notify(["user:alice"], "Heard", category="builds")
    mute(alice, "builds")
    settings.HUB_MANDATORY_CATEGORIES = ["builds"]

    answer = reader.get("notifications").json

    assert [item["title"] for item in answer["items"]] == ["Heard"]
    assert answer["count"]["unread"] == 1


def test_each_count_leaves_out_what_that_person_muted(alice: User, bob: User) -> None:
    carol = User.objects.create_user("carol")
    everyone = [alice, bob, carol]
    rows = [notify(["everyone"], "Hello", category=category)[0] for category in ("a", "a", "b", "c", "")]
    for user in everyone:
        read_state.read(user, rows[0].pk)
        read_state.read(user, rows[2].pk)
    mute(alice, "a")
    mute(bob, "b", "c")

    people = [Person(str(user.pk), user.get_username(), judge.own_topics(user)) for user in everyone]

    with CaptureQueriesContext(connection) as captured:
        found = counts.of_all(people)

    assert [found[str(user.pk)]["unread"] for user in everyone] == [2, 2, 3]
    assert [found[str(user.pk)]["unseen"] for user in everyone] == [2, 2, 3]
    assert len(captured) == 3


def test_one_notification_is_had_alone_and_stays_unread(reader: Caller, alice: User) -> None:
    (row,) = notify(["user:alice"], "Hello", category="builds")
    mute(alice, "builds")

    answer = reader.get(f"notifications/{row.pk}")

    assert (answer.status, answer.json["title"], answer.json["read_at"]) == (200, "Hello", None)


def test_one_notification_of_another_user_is_not_found(reader: Caller, bob: User) -> None:
    (row,) = notify(["user:bob"], "Hello")

    assert refused(reader.get(f"notifications/{row.pk}"), 404)
