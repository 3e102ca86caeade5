"""A token of another issuer opens feeds and rooms as its person, and what ends the person ends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User

from hub.errors import Problem
from hub.ports import Credentials, Person
from notifications.access import endings, revocation
from notifications.access.admission import Admission
from notifications.models import Room
from tests.unit.notifications.access.issuers.conftest import Configure, feed, refusal
from tests.unit.notifications.access.issuers.signers import JWKS, RSA

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def issuer(configure: Configure) -> None:
    configure(jwks=JWKS, topics="topics")


def is_revoked(person: Person) -> bool:
    return asyncio.run(revocation.revoked([person])) == {person: False}


def test_a_feed_has_the_inbox_of_the_person(alice: User, ops: Group) -> None:
    person = feed(RSA.token())

    assert (person.id, person.name) == (str(alice.pk), "alice")
    assert set(person.own) == {"everyone", f"user-{alice.pk}", f"group-{ops.pk}"}


def test_a_feed_has_the_live_topics_of_the_token_and_no_others(alice: User) -> None:
    token = RSA.token(topics=["job-42"])

    assert feed(token, "job-42").id == str(alice.pk)
    with pytest.raises(Problem) as refused:
        feed(token, "job-43")
    assert (refused.value.status, refused.value.members["topics"]) == (403, ["job-43"])


def test_a_room_opens_to_its_members(alice: User, ops: Group) -> None:
    Room.objects.create(name="ops", audience=Room.Audience.GROUP, group=ops)
    Room.objects.create(name="board", audience=Room.Audience.PEOPLE)
    admission, credentials = Admission(), Credentials(bearer=RSA.token())

    assert asyncio.run(admission.enter(credentials, "ops")).person.name == "alice"
    with pytest.raises(Problem) as refused:
        asyncio.run(Admission().enter(credentials, "board"))
    assert refused.value.status == 403


def test_a_feed_ends_when_its_token_does(alice: User) -> None:
    exp = int(time.time()) + 60

    assert feed(RSA.token(exp=exp)).expires_at == exp


@pytest.mark.parametrize(
    "end",
    [
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user: user.delete(),
        lambda user: endings.end_all(user.pk),
    ],
    ids=["deactivated", "deleted", "signed out everywhere"],
)
def test_what_ends_the_person_ends_the_token(alice: User, end: Callable[[User], None]) -> None:
    token = RSA.token()
    person = feed(token)
    assert not is_revoked(person)

    end(User.objects.get(pk=alice.pk))

    assert is_revoked(person)
    assert refusal(token)[0] == 401
    assert refusal(token, "api")[0] == 401


def test_another_password_here_does_not_end_it(alice: User) -> None:
    person = feed(RSA.token())

    alice.set_password("another")
    alice.save()

    assert not is_revoked(person)


def test_a_person_who_was_deleted_and_made_again_is_the_new_one(alice: User) -> None:
    token = RSA.token()
    feed(token)
    alice.delete()
    again = User.objects.create_user("alice")

    assert feed(token).id == str(again.pk) != str(alice.pk)


def test_a_token_is_no_ticket(alice: User) -> None:
    with pytest.raises(Problem) as refused:
        asyncio.run(Admission().admit(Credentials(ticket=RSA.token()), ()))

    assert refused.value.status == 401


def test_the_hubs_own_tokens_go_on_to_work(alice: User, token_of: Callable[[User], str]) -> None:
    assert feed(token_of(alice)).id == str(alice.pk)
