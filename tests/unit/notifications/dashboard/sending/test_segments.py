"""Segments are declared in code, counted on demand, and sent to by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from notifications.models import Notification
from notifications.sending import segments
from tests.unit.notifications.dashboard.forms import press, text

PATH = "/dashboard/segments/"


@pytest.fixture
def of_a_host() -> Iterator[str]:
    """A segment as a host project declares it."""

    @segments.segment("with-b", "Whose name begins with b.")
    def _() -> QuerySet[User]:
        return User.objects.filter(username__startswith="b")

    yield "with-b"
    segments.unregister("with-b")


def test_a_hosts_segment_is_listed_and_counted_where_it_is_asked_for(
    viewer: Client, person: Callable[[str], User], of_a_host: str
) -> None:
    person("bob")
    User.objects.create_user("bea", is_active=False)

    listed, counted = text(viewer.get(PATH)), text(viewer.get(f"{PATH}?count=with-b"))

    assert "segment:with-b Whose name begins with b." in listed
    assert "bob" not in listed
    assert "People 1 bob" in counted


def test_each_of_its_people_gets_one(sender: Client, person: Callable[[str], User], of_a_host: str) -> None:
    bob, bea = person("bob"), person("bea")

    press(sender, "send", to="segment:with-b")

    topics = set(Notification.objects.values_list("topic", flat=True))
    assert topics == {f"user-{bob.pk}", f"user-{bea.pk}"}


def test_one_that_no_one_is_in_is_not_sent_to(sender: Client, of_a_host: str) -> None:
    assert press(sender, "send", to="segment:with-b").status_code == 422


def test_one_that_is_none_is_not_found(viewer: Client) -> None:
    assert viewer.get(f"{PATH}?count=nobody").status_code == 404


@pytest.mark.parametrize("name", ["", "Staff", "two words", "-x", "x" * 65, "all\n"])
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a segment name"):
        segments.segment(name, "")


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="Segment 'staff' already exists"):
        segments.segment("staff", "")


@pytest.mark.django_db
def test_those_that_are_always_there() -> None:
    now = timezone.now()
    old = now - timedelta(days=40)
    User.objects.create_user("boss", is_staff=True, date_joined=old, last_login=now)
    User.objects.create_user("fresh", date_joined=now)
    User.objects.create_user("gone", date_joined=old, last_login=old)
    User.objects.create_user("never", date_joined=old)

    found = {
        name: sorted(segments.people(name).values_list("username", flat=True)) for name in segments.names()
    }

    assert found == {"away": ["gone", "never"], "newcomers": ["fresh"], "staff": ["boss"]}
