"""A policy says who may read a topic, besides those who may without one: by session and by token."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from hub.errors import Problem
from hub.policies.current import policies
from hub.ports import Credentials, Person
from notifications.access import api_keys, revocation, tokens
from notifications.access.admission import Admission
from notifications.access.policies import rows
from notifications.models import ApiKey, Grant, TopicPolicy

TOPIC = "job-42"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    policies.configure([])
    policies.put_rows([])


def put(**fields: Any) -> None:
    rows.put(rows.check({"pattern": "job-*", **fields}))


def session_of(user: User) -> Credentials:
    client = Client()
    client.force_login(user)
    return Credentials(session=client.session.session_key or "")


def token_of(user: User, topics: Sequence[str] = (), **fields: Any) -> Credentials:
    return Credentials(bearer=tokens.issue(user, topics, 60, **fields)[0])


def admitted(credentials: Credentials, own: bool = True) -> Person | None:
    """Who is admitted to the topic; None if it is refused."""
    try:
        return asyncio.run(Admission().admit(credentials, [TOPIC], own))
    except Problem as problem:
        if problem.status != 403:
            raise
        return None


def is_revoked(person: Person) -> bool:
    return person in asyncio.run(revocation.revoked([person]))


@pytest.mark.parametrize("audience", ["everyone", "group:ops", "user:alice"])
@pytest.mark.parametrize("credentials", [session_of, token_of])
@pytest.mark.parametrize("own", [True, False])
def test_an_audience_of_a_row_reads(
    alice: User, bob: User, ops: Group, audience: str, credentials: Callable[[User], Credentials], own: bool
) -> None:
    put(read=[audience])

    assert admitted(credentials(alice), own) is not None
    assert (admitted(credentials(bob), own) is not None) == (audience == "everyone")


@pytest.mark.parametrize("credentials", [session_of, token_of])
@pytest.mark.parametrize("own", [True, False])
def test_an_audience_reads_what_it_adds_to_an_open_feed(
    alice: User, bob: User, credentials: Callable[[User], Credentials], own: bool
) -> None:
    put(read=["user:alice"])
    reader, other = (asyncio.run(Admission().admit(credentials(user), [], own)) for user in (alice, bob))

    added = asyncio.run(Admission().extend(reader, [TOPIC]))

    assert TOPIC in added.granted
    assert not is_revoked(added)
    with pytest.raises(Problem) as refused:
        asyncio.run(Admission().extend(other, [TOPIC]))
    assert refused.value.status == 403


@pytest.mark.parametrize("audience", ["everyone", "group:ops", "user:alice"])
@pytest.mark.parametrize("credentials", [session_of, token_of])
def test_an_audience_of_the_setting_reads(
    alice: User, bob: User, ops: Group, audience: str, credentials: Callable[[User], Credentials]
) -> None:
    policies.configure([{"pattern": "job-*", "read": [audience]}])

    assert admitted(credentials(alice)) is not None
    assert (admitted(credentials(bob)) is not None) == (audience == "everyone")


@pytest.mark.parametrize("fields", [{}, {"read": []}, {"read": ["owner"]}, {"publish": ["everyone"]}])
def test_another_policy_opens_nothing(alice: User, fields: dict[str, Any]) -> None:
    put(**fields)

    assert admitted(session_of(alice)) is None
    assert admitted(token_of(alice)) is None


def test_who_may_read_without_a_policy_still_may(alice: User, bob: User) -> None:
    put(read=["user:alice"])
    Grant.objects.create(pattern="job-*")

    assert admitted(session_of(bob)) is not None
    assert admitted(token_of(bob, [TOPIC])) is not None


def test_a_more_exact_policy_stands_in_front(alice: User) -> None:
    put(read=["everyone"])
    rows.put(rows.check({"pattern": TOPIC}))

    assert admitted(session_of(alice)) is None


def test_a_token_of_a_key_for_other_topics_opens_none_by_policy(alice: User) -> None:
    put(read=["everyone"])
    keys = {}
    for name, patterns in {"narrow": ["user:alice", "repo-*"], "wide": ["user:alice", "job-*"]}.items():
        api_keys.create(name, ["tokens"], topics=patterns)
        keys[name] = ApiKey.objects.get(name=name).pk

    assert admitted(token_of(alice, key=keys["wide"])) is not None
    assert admitted(token_of(alice, key=keys["narrow"])) is None
    assert admitted(token_of(alice, own=False)) is None  # it does not open her inbox


@pytest.mark.parametrize("credentials", [session_of, token_of])
def test_a_policy_that_changes_ends_what_it_opened(
    alice: User, credentials: Callable[[User], Credentials]
) -> None:
    put(read=["everyone"])
    person = admitted(credentials(alice))
    assert person is not None
    assert not is_revoked(person)

    put(read=["user:alice"])
    policies.put_rows(rows.read())
    assert not is_revoked(person)
    TopicPolicy.objects.all().delete()
    policies.put_rows(rows.read())

    assert is_revoked(person)


def test_a_grant_keeps_no_token_that_a_policy_let_in(alice: User) -> None:
    Grant.objects.create(pattern="job-*")
    put(read=["everyone"])
    person = admitted(token_of(alice))
    assert person is not None

    TopicPolicy.objects.all().delete()
    policies.put_rows(rows.read())

    assert is_revoked(person)


def test_a_lost_group_ends_what_a_policy_opened_to_it(alice: User, ops: Group) -> None:
    policies.configure([{"pattern": "job-*", "read": ["group:ops"]}])
    person = admitted(session_of(alice))
    assert person is not None

    alice.groups.clear()

    assert is_revoked(person)


def test_race_a_change_before_an_admission_is_in_force_in_it(alice: User) -> None:
    admission = Admission()
    asyncio.run(admission.policies.current())

    put(read=["everyone"])
    admission.policies.changed()

    person = asyncio.run(admission.admit(session_of(alice), [TOPIC]))
    assert person.granted == (TOPIC,)
