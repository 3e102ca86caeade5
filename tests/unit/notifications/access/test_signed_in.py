"""The people of sessions take two queries, those who were named by an instance that leaves one; never the
wrong person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.events import Draft, Event
from hub.ports import Person
from notifications.access import endings, signed_in
from notifications.access.signed_in import ExpectedSessions
from notifications.models import Grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob")


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def received(draft: Draft) -> Event:
    return Event(1, 0, draft.topic, draft.type, draft.body)


def read(session: str, *expected: User) -> tuple[Person | None, int]:
    """The person of a session, and the queries that this took."""
    with CaptureQueriesContext(connection) as captured:
        found = signed_in.people([session], [user.pk for user in expected])
    person = found[session][0] if session in found else None
    return person, len(captured)


def test_it_takes_two_queries_and_one_of_who_is_expected(alice: User) -> None:
    session = session_of(alice)

    unexpected, queries = read(session)

    assert (unexpected, queries) == (read(session, alice)[0], 2)
    assert read(session, alice)[1] == 1
    assert unexpected is not None
    assert (unexpected.id, unexpected.name, unexpected.session) == (str(alice.pk), "alice", session)


def test_rights_are_the_same_either_way(alice: User) -> None:
    crew = Group.objects.create(name="crew")
    alice.groups.add(crew)
    Grant.objects.create(pattern="job-*", group=crew)
    Grant.objects.create(pattern="ops-*", group=Group.objects.create(name="ops"))
    session = session_of(alice)

    rights = [signed_in.people([session], expected)[session][1] for expected in ((), (alice.pk,))]

    assert rights[0] == rights[1]
    assert rights[0].denied(["job-1", "ops-1"]) == ["ops-1"]


def test_the_session_decides_and_not_who_is_expected(alice: User, bob: User) -> None:
    person, queries = read(session_of(alice), bob)

    assert person is not None
    assert (person.id, queries) == (str(alice.pk), 2)


def test_a_session_that_has_expired_opens_nothing(alice: User) -> None:
    session = session_of(alice)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert [read(session)[0], read(session, alice)[0]] == [None, None]


@pytest.mark.parametrize("way", ["inactive", "password", "ended", "deleted"])
def test_a_right_that_ended_opens_nothing(alice: User, way: str) -> None:
    session = session_of(alice)
    if way == "inactive":
        User.objects.update(is_active=False)
    elif way == "password":
        User.objects.update(password="!other")
    elif way == "ended":
        endings.end_all(alice.pk)
    else:
        Session.objects.all().delete()

    assert [read(session)[0], read(session, alice)[0]] == [None, None]


def test_staff_keep_their_roles(admin_user: User) -> None:
    session = session_of(admin_user)

    rights = [signed_in.people([session], expected)[session][1] for expected in ((), (admin_user.pk,))]

    assert rights[0] == rights[1]
    assert "manage" in rights[0].roles


def test_an_instance_that_leaves_names_them_without_their_keys(alice: User) -> None:
    session = session_of(alice)
    person, _ = read(session)
    assert person is not None
    (draft,) = signed_in.drafts([person])
    expected = ExpectedSessions()

    expected.event_received(received(draft))

    assert expected.people([session]) == {alice.pk}
    assert expected.people(["another"]) == set()
    assert session.encode() not in draft.body


def test_they_are_expected_for_a_while(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed_in, "KEPT_S", 0)
    session = session_of(alice)
    person, _ = read(session)
    assert person is not None
    expected = ExpectedSessions()
    for draft in signed_in.drafts([person]):
        expected.event_received(received(draft))

    assert expected.people([session]) == set()
