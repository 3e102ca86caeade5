"""What a person had chosen at a moment, whatever they choose now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from hub.errors import Problem
from notifications.inbox import preferences
from notifications.inbox.preference_history import PreferenceHistory
from notifications.models import Preference, PreferenceChange

pytestmark = pytest.mark.django_db

OFF = {"feed": False, "toast": False}
QUIET = {"start": "22:00", "end": "07:00", "zone": "Europe/Vienna"}
HOUR = timedelta(hours=1)


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


def choose(user: User, ago: timedelta, quiet_hours: Any = None, **categories: Any) -> None:
    """As it was so long ago."""
    preferences.put(user, [], {"categories": categories, "quiet_hours": quiet_hours})
    latest = PreferenceChange.objects.latest("id")
    PreferenceChange.objects.filter(pk=latest.pk).update(at=timezone.now() - ago)


def muted(user: User, ago: timedelta) -> list[str]:
    return sorted(PreferenceHistory(User(pk=user.pk)).at(timezone.now() - ago)["categories"])


def test_each_choice_is_recorded_as_it_was_made(alice: User) -> None:
    choose(alice, 2 * HOUR, builds=OFF)
    choose(alice, HOUR, QUIET)

    rows = PreferenceChange.objects.filter(user=alice).order_by("id")
    assert [(row.choices, row.quiet_hours) for row in rows] == [({"builds": OFF}, None), ({}, QUIET)]


def test_what_held_then_is_what_was_chosen_last_before(alice: User) -> None:
    choose(alice, 3 * HOUR, builds=OFF)
    choose(alice, HOUR, deploys=OFF)

    assert muted(alice, 2 * HOUR) == ["builds"]
    assert muted(alice, timedelta()) == ["deploys"]
    assert PreferenceHistory(User(pk=alice.pk)).at(timezone.now())["mandatory"] == ["security"]


def test_before_the_first_choice_everything_was_on(alice: User) -> None:
    choose(alice, HOUR, QUIET, builds=OFF)

    then = PreferenceHistory(User(pk=alice.pk)).at(timezone.now() - 2 * HOUR)

    assert (then["categories"], then["quiet_hours"]) == ({}, None)


def test_a_choice_of_which_nothing_was_recorded_held_always(alice: User) -> None:
    Preference.objects.create(user=alice, choices={"builds": OFF})

    assert muted(alice, 100 * HOUR) == ["builds"]


def test_one_persons_choice_is_not_anothers(alice: User) -> None:
    choose(User.objects.create_user("bob"), HOUR, builds=OFF)

    assert muted(alice, timedelta()) == []


def test_a_choice_that_is_refused_is_not_recorded(alice: User) -> None:
    with pytest.raises(Problem):
        choose(alice, HOUR, security=OFF)

    assert not PreferenceChange.objects.exists()
