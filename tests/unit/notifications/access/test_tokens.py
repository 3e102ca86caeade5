"""Tokens and tickets: what they open, for how long, and what none is made for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from hub.errors import Problem
from hub.ports import Credentials
from notifications.access import tokens
from notifications.access.admission import Admission
from notifications.models import Ticket
from tests.unit.notifications.conftest import Caller, refused, rows_written

admission = Admission()


def test_a_token_opens_the_persons_own_topics_and_those_asked_for(
    program: Caller, alice: User, ops: Group
) -> None:
    answer = program.post("tokens", {"user": "alice", "topics": ["job-42", "group-ops"], "ttl": 60})

    assert answer.status == 201
    claims = tokens.read(answer.json["token"])
    assert (claims.user, claims.name) == (str(alice.pk), "alice")
    assert claims.own
    assert claims.topics == ("job-42", f"group-{ops.pk}")


def test_a_token_lasts_an_hour_by_default(program: Caller, alice: User) -> None:
    answer = program.post("tokens", {"user": "alice"})

    left = tokens.read(answer.json["token"]).expires_at - timezone.now().timestamp()
    assert 3590 < left <= 3600
    assert answer.json["expires_at"].endswith("Z")


def test_a_ticket_works_once(program: Caller, alice: User) -> None:
    ticket = program.post("tokens", {"user": "alice"}).json["ticket"]

    assert tokens.redeem(ticket).user == str(alice.pk)
    with pytest.raises(Problem) as used:
        tokens.redeem(ticket)
    assert used.value.status == 401


def test_a_late_ticket_works_no_more(program: Caller, alice: User) -> None:
    ticket = program.post("tokens", {"user": "alice"}).json["ticket"]
    Ticket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(Problem) as late:
        tokens.redeem(ticket)
    assert late.value.status == 401


def test_an_expired_token_opens_neither_the_api_nor_the_feed(
    alice: User, token_of: Callable[..., str]
) -> None:
    token = token_of(alice, -1)

    assert refused(Caller(bearer=token).get("notifications"), 401)
    with pytest.raises(Problem) as expired:
        asyncio.run(admission.admit(Credentials(bearer=token), ()))
    assert expired.value.status == 401


@pytest.mark.parametrize("forge", [lambda token: token[:-4] + "AAAA", lambda token: "a.b.c"])
def test_a_token_that_is_not_ours_opens_nothing(
    alice: User, token_of: Callable[..., str], forge: Callable[[str], str]
) -> None:
    assert refused(Caller(bearer=forge(token_of(alice))).get("notifications"), 401)


def test_the_user_of_a_token_must_be_active(alice: User, token_of: Callable[..., str]) -> None:
    token = token_of(alice)
    alice.is_active = False
    alice.save()

    assert refused(Caller(bearer=token).get("notifications"), 401)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user", "nobody"),
        ("user", "al\x00ice"),
        ("user", ""),
        ("user", 1),
        ("user", None),
        ("topics", None),
        ("topics", "job-42"),
        ("topics.0", ["two words"]),
        ("topics.0", ["line\nbreak"]),
        ("topics.0", [7]),
        ("topics", ["user-99999"]),
        ("topics", ["group-secret"]),
        ("topics", ["hub.control"]),
        ("topics", ["job"] * 101),
        ("ttl", 0),
        ("ttl", 86401),
        ("ttl", "60"),
        ("ttl", 60.5),
        ("ttl", True),
        ("unknown", 1),
    ],
)
def test_a_wrong_field_is_named(program: Caller, alice: User, field: str, value: Any) -> None:
    answer = program.post("tokens", {"user": "alice", field.partition(".")[0]: value})

    assert refused(answer, 422, field)
    assert rows_written() == 0


def test_a_number_that_not_every_program_can_hold_is_refused(program: Caller, alice: User) -> None:
    answer = program.post("tokens", {"user": "alice", "ttl": 10**400})

    assert refused(answer, 400)
    assert rows_written() == 0
