"""`manage.py token` prints a subscriber token that opens what the API's would."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.utils import timezone

from hub import topics
from notifications.access import tokens
from notifications.models import Room, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", password="demo")


def run(*words: str) -> tokens.Claims:
    """What the token on the last line says."""
    out = StringIO()
    call_command("token", *words, stdout=out)
    return tokens.read(out.getvalue().splitlines()[-1])


def test_it_opens_the_persons_own_topics_for_an_hour(alice: User) -> None:
    claims = run("alice")

    assert (claims.user, claims.name, claims.own, claims.topics) == (str(alice.pk), "alice", True, ())
    assert 3590 < claims.expires_at - timezone.now().timestamp() <= 3600


def test_topics_are_named_as_people_write_them(alice: User) -> None:
    ops = Group.objects.create(name="ops")
    alice.groups.add(ops)
    lobby = Room.objects.create(name="lobby")

    claims = run("alice", "--topic", "job-42", "--topic", "group:ops", "--topic", "room-lobby")

    assert claims.topics == ("job-42", topics.group(ops.pk), topics.room(lobby.pk))


def test_it_ends_after_the_ttl_given(alice: User) -> None:
    claims = run("alice", "--ttl", "60")

    assert 50 < claims.expires_at - timezone.now().timestamp() <= 60


def test_no_ticket_is_left_behind(alice: User) -> None:
    run("alice")

    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["nobody"], "No active user"),
        (["alice\0"], "No active user"),
        (["gone"], "No active user"),
        (["alice", "--topic", "no topic"], "--topic"),
        (["alice", "--topic", "group:ops"], "--topic"),
        (["alice", "--topic", "user-0"], "--topic"),
        (["alice", "--topic", "staff-instances"], "--topic"),
        (["alice", "--topic", "room-nowhere"], "--topic"),
        (["alice", "--ttl", "0"], "--ttl"),
        (["alice", "--ttl", "86401"], "--ttl"),
        (["alice", "--ttl", "soon"], "--ttl"),
    ],
)
def test_what_cannot_be_opened_is_reported(alice: User, words: list[str], named: str) -> None:
    User.objects.create_user("gone", is_active=False)
    Group.objects.create(name="ops")

    with pytest.raises(CommandError, match=named):
        run(*words)
