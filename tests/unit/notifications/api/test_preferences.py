"""Preferences over the API: what is known, what may be chosen, who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import TestCase
from django.utils import timezone

from hub.log import Log
from notifications.inbox.preference_history import MAX_CHANGES
from notifications.inbox.preferences import MAX_CHANGES_PER_MINUTE
from notifications.models import Notification, Preference, PreferenceChange
from notifications.sending.notify import notify
from tests.unit.notifications.conftest import Caller, events_on, refused, rows_written

ON = {"feed": True, "toast": True}
NO_TOAST = {"feed": True, "toast": False}
QUIET = {"start": "22:00", "end": "07:00", "zone": "Europe/Vienna"}


def chosen(quiet_hours: Any = None, **categories: Any) -> dict[str, Any]:
    return {"categories": categories, "quiet_hours": quiet_hours}


def test_a_user_who_chose_nothing_has_all_on(reader: Caller) -> None:
    answer = reader.get("preferences")

    assert answer.status == 200
    assert answer.json == {
        "categories": {"security": ON},
        "mandatory": ["security"],
        "muted_topics": [],
        "followed_topics": [],
        "quiet_hours": None,
    }


def test_the_categories_in_the_inbox_are_named_and_no_others(reader: Caller, alice: User, bob: User) -> None:
    notify(["user:alice"], "Hello")
    notify(["everyone"], "Hello", category="builds")
    notify(["user:bob"], "Hello", category="secret")
    Notification.objects.create(topic="everyone", title="From the admin", category="<b>")

    assert set(reader.get("preferences").json["categories"]) == {"", "builds", "security"}


def test_what_is_put_is_what_is_got(reader: Caller) -> None:
    answer = reader.put("preferences", chosen(QUIET, builds=NO_TOAST, deploys=ON))

    assert answer.status == 200
    assert answer.json["categories"] == {"builds": NO_TOAST, "security": ON}
    assert answer.json["quiet_hours"] == QUIET
    assert answer.json == reader.get("preferences").json


def test_what_is_got_can_be_put(reader: Caller) -> None:
    reader.put("preferences", chosen(QUIET, builds=NO_TOAST))
    known = reader.get("preferences").json
    mandatory = known.pop("mandatory")

    answer = reader.put("preferences", known)

    assert answer.json == {**known, "mandatory": mandatory}


def test_a_put_replaces_all_that_was_chosen(reader: Caller, alice: User) -> None:
    reader.put("preferences", chosen(QUIET, builds=NO_TOAST))
    reader.put("preferences", chosen(deploys=NO_TOAST, builds=ON))

    row = Preference.objects.get(user=alice)
    assert row.choices == {"deploys": NO_TOAST}
    assert row.quiet_hours is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"categories": {}}, "quiet_hours"),
        ({"quiet_hours": None}, "categories"),
        (chosen() | {"mandatory": []}, "mandatory"),
        (chosen(builds={"feed": True}), "categories.builds.toast"),
        (chosen(builds={**ON, "email": True}), "categories.builds.email"),
        (chosen(builds={"feed": 1, "toast": True}), "categories.builds.feed"),
        (chosen(Builds=ON), "categories.Builds"),
        (chosen(**{"a" * 65: ON}), f"categories.{'a' * 64}"),
        (chosen(security=NO_TOAST), "categories.security"),
        (chosen(security={"feed": False, "toast": True}), "categories.security"),
        (chosen(**{f"c{number}": NO_TOAST for number in range(101)}), "categories"),
        (chosen(QUIET | {"start": "24:00"}), "quiet_hours.start"),
        (chosen(QUIET | {"end": "7:00"}), "quiet_hours.end"),
        (chosen(QUIET | {"end": "22:00"}), "quiet_hours.end"),
        (chosen(QUIET | {"zone": "Vienna"}), "quiet_hours.zone"),
        (chosen(QUIET | {"zone": "../etc/passwd"}), "quiet_hours.zone"),
        (chosen(QUIET | {"days": []}), "quiet_hours.days"),
        (chosen({"start": "22:00", "end": "07:00"}), "quiet_hours.zone"),
    ],
)
def test_what_cannot_be_chosen_is_refused_and_nothing_changes(reader: Caller, body: Any, field: str) -> None:
    assert refused(reader.put("preferences", body), 422, field)
    assert rows_written() == 0


def test_the_person_s_screens_are_notified_once_it_is_committed(
    reader: Caller, alice: User, live_log: Log
) -> None:
    with TestCase.captureOnCommitCallbacks() as callbacks:
        answer = reader.put("preferences", chosen(builds=NO_TOAST))
    before = events_on(live_log, f"user-{alice.pk}")
    for callback in callbacks:
        callback()

    (told,) = events_on(live_log, f"user-{alice.pk}")
    assert before == []
    assert (told["type"], told["data"]) == ("preferences", answer.json)


def test_no_one_else_says_so(program: Caller) -> None:
    answer = program.post("events", {"topic": "job-1", "type": "preferences", "data": {}})

    assert refused(answer, 422, "type")


def test_a_key_reads_preferences_and_changes_none(program: Caller, alice: User) -> None:
    assert program.get("preferences?user=alice").status == 200
    assert refused(program.get("preferences"), 422, "user")
    assert refused(program.put("preferences?user=alice", chosen()), 401)


def test_a_token_chooses_for_its_person(alice: User, token_of: Callable[..., str]) -> None:
    caller = Caller(bearer=token_of(alice), csrf=True)

    answer = caller.put("preferences", chosen(builds=NO_TOAST))

    assert answer.status == 200
    assert Preference.objects.get().user == alice


def test_quiet_hours_in_a_zone_that_is_not_known_here_are_none(reader: Caller, alice: User) -> None:
    Preference.objects.create(user=alice, quiet_hours=QUIET | {"zone": "Europe/Atlantis"})

    assert reader.get("preferences").json["quiet_hours"] is None


def test_the_rows_of_the_latest_five_hundred_are_looked_at(reader: Caller) -> None:
    old = Notification(topic="everyone", title="Old", category="old")
    new = [
        Notification(topic="everyone", title="New", category="new", due_at=timezone.now()) for _ in range(500)
    ]
    Notification.objects.bulk_create([old, *new])

    assert set(reader.get("preferences").json["categories"]) == {"new", "security"}


@pytest.mark.django_db(transaction=True)
def test_the_migration_goes_back_and_forth() -> None:
    call_command("migrate", "hub_notifications", "0001", verbosity=0)
    call_command("migrate", "hub_notifications", verbosity=0)

    assert Preference.objects.count() == 0


def test_what_changes_nothing_is_neither_recorded_nor_published(
    reader: Caller, alice: User, live_log: Log
) -> None:
    reader.put("preferences", chosen())
    assert not PreferenceChange.objects.exists()
    reader.put("preferences", chosen(QUIET, builds=NO_TOAST))

    with TestCase.captureOnCommitCallbacks() as callbacks:
        answers = [reader.put("preferences", chosen(QUIET, builds=NO_TOAST, deploys=ON)) for _ in range(5)]

    assert PreferenceChange.objects.count() == 1
    assert not callbacks
    assert [answer.json for answer in answers] == [reader.get("preferences").json] * 5


def test_a_person_who_changes_them_without_end_has_to_wait(reader: Caller, alice: User, bob: User) -> None:
    bodies = [chosen(builds=NO_TOAST), chosen()]

    answers = [reader.put("preferences", bodies[number % 2]) for number in range(MAX_CHANGES_PER_MINUTE + 1)]

    assert {answer.status for answer in answers[:-1]} == {200}
    assert refused(answers[-1], 429)
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert PreferenceChange.objects.count() == MAX_CHANGES_PER_MINUTE
    assert Caller(user=bob).put("preferences", bodies[0]).status == 200


def test_of_the_changes_of_one_person_only_so_many_are_kept(reader: Caller, alice: User, bob: User) -> None:
    long_ago = timezone.now() - timedelta(days=1)
    changes = [
        PreferenceChange(user=user, at=long_ago + timedelta(seconds=number), choices={"n": number})
        for user in (alice, bob)
        for number in range(MAX_CHANGES + 20)
    ]
    PreferenceChange.objects.bulk_create(changes)

    reader.put("preferences", chosen(builds=NO_TOAST))

    kept = PreferenceChange.objects.filter(user=alice).order_by("at")
    assert kept.count() == MAX_CHANGES
    assert kept[0].choices == {"n": 21}
    assert PreferenceChange.objects.filter(user=bob).count() == MAX_CHANGES + 20
