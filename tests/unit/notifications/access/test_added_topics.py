"""Whether the person of an open feed may read further topics: as at a connect, by what they came with."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, User
from django.test import Client

from hub.errors import Problem
from hub.ports import Credentials, Person
from notifications.access import revocation, tokens
from notifications.access.admission import Admission
from notifications.models import Grant, Subscription

pytestmark = pytest.mark.django_db(transaction=True)


def by_session(user: User, *topics: str, admission: Admission) -> Person:
    browser = Client()
    browser.force_login(user)
    key = browser.cookies["sessionid"].value
    return async_to_sync(admission.admit)(Credentials(session=key), topics)


def by_token(user: User, *names: str, topics: tuple[str, ...] = (), admission: Admission) -> Person:
    token, _, _ = tokens.issue(user, names, 60)
    return async_to_sync(admission.admit)(Credentials(bearer=token), topics)


def extended(admission: Admission, person: Person, *topics: str) -> Person:
    return async_to_sync(admission.extend)(person, topics)


def gone(person: Person) -> dict[Person, bool]:
    return async_to_sync(revocation.revoked)([person])


def test_what_a_grant_opens_is_added_and_ends_with_the_grant(alice: User) -> None:
    admission = Admission()
    grants = [Grant.objects.create(pattern=pattern) for pattern in ("job-*", "tile-1")]
    person = by_session(alice, "job-1", admission=admission)

    found = extended(admission, person, "tile-1")

    assert found.granted == ("job-1", "tile-1")
    assert (found.own, found.since, found.session) == (person.own, person.since, person.session)
    assert gone(found) == {}
    grants[1].delete()
    assert gone(person) == {}
    assert gone(found) == {found: True}


def test_topics_without_a_grant_are_named(alice: User) -> None:
    admission = Admission()
    Grant.objects.create(pattern="job-*")
    person = by_session(alice, admission=admission)

    with pytest.raises(Problem) as refused:
        extended(admission, person, "job-1", "tile-1", "user-99", "room-1")

    assert refused.value.status == 403
    assert refused.value.members["topics"] == ["tile-1", "user-99", "room-1"]


def test_a_session_that_has_ended_adds_nothing(alice: User) -> None:
    admission = Admission()
    Grant.objects.create(pattern="job-*")
    person = by_session(alice, admission=admission)
    alice.set_password("other")
    alice.save()

    with pytest.raises(Problem) as refused:
        extended(admission, person, "job-1")

    assert refused.value.status == 401


def test_a_token_opens_what_it_names_and_no_more(alice: User) -> None:
    admission = Admission()
    Grant.objects.create(pattern="tile-*")
    person = by_token(alice, "job-1", "job-2", "everyone", "room-7", topics=("job-1",), admission=admission)

    found = extended(admission, person, "job-2", "everyone")

    assert gone(found) == {}
    for topic in ("tile-1", "job-3", "user-99", "room-7"):
        with pytest.raises(Problem) as refused:
            extended(admission, person, topic)
        assert (refused.value.status, refused.value.members["topics"]) == (403, [topic])


def test_a_changed_inbox_is_left_to_the_check_that_is_under_way(alice: User) -> None:
    admission = Admission()
    Grant.objects.create(pattern="job-*")
    person = by_session(alice, admission=admission)
    group = Group.objects.create(name="night")
    group.user_set.add(alice)

    found = extended(admission, person, "job-1")

    assert found.own == person.own
    assert gone(found) == {found: True}


def test_a_topic_that_they_follow_and_may_read_is_added_with_its_past(alice: User) -> None:
    admission = Admission()
    Grant.objects.create(pattern="job-*")
    Subscription.objects.create(user=alice, topic="job-1")
    person = by_session(alice, admission=admission)
    since = dict(zip(person.own, person.since, strict=True))

    found = dict(zip(person.own, extended(admission, person, "job-1").since, strict=True))

    assert since["job-1"] > 0
    assert found == {**since, "job-1": 0}
