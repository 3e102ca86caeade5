"""A run that is begun with an `Idempotency-Key`: the same request begins no second one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User

from hub.log import Log
from notifications.access import tokens
from notifications.models import IdempotentRequest, Run
from tests.unit.notifications.conftest import Caller, refused

pytestmark = pytest.mark.django_db(transaction=True)

BODY = {"owner": "alice", "title": "Why?"}


def test_the_same_request_is_answered_with_the_first_run(live_log: Log, program: Caller, alice: User) -> None:
    first, again = [program.post("runs", BODY, Idempotency_Key="turn-1") for _ in range(2)]

    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json
    assert (first.headers.get("Idempotent-Replay"), again.headers["Idempotent-Replay"]) == (None, "true")
    assert Run.objects.count() == 1
    assert tokens.read(again.json["token"]).topics == (again.json["topic"],)


def test_another_body_is_refused(live_log: Log, program: Caller, alice: User) -> None:
    program.post("runs", BODY, Idempotency_Key="turn-1")

    assert refused(program.post("runs", BODY | {"title": "How?"}, Idempotency_Key="turn-1"), 422)
    assert Run.objects.count() == 1


def test_it_stays_the_first_run_though_a_group_that_it_is_shared_with_is_deleted(
    live_log: Log, program: Caller, alice: User
) -> None:
    group = Group.objects.create(name="ops")
    body = BODY | {"share": ["group:ops"]}
    first = program.post("runs", body, Idempotency_Key="turn-1")
    group.delete()

    again = program.post("runs", body, Idempotency_Key="turn-1")

    assert (again.status, again.json) == (201, first.json)


def test_a_refusal_leaves_the_key_free(live_log: Log, program: Caller, alice: User) -> None:
    body = {"owner": "alice", "share": ["group:ops"]}
    assert refused(program.post("runs", body, Idempotency_Key="turn-1"), 422, "share")
    Group.objects.create(name="ops")

    assert program.post("runs", body, Idempotency_Key="turn-1").status == 201


def test_each_api_key_has_its_own(
    live_log: Log, with_key: Callable[..., Caller], program: Caller, alice: User
) -> None:
    first = program.post("runs", BODY, Idempotency_Key="turn-1").json
    other = with_key("publish").post("runs", BODY, Idempotency_Key="turn-1").json

    assert first["run"] != other["run"]


def test_no_token_is_stored(live_log: Log, program: Caller, alice: User) -> None:
    token = program.post("runs", BODY, Idempotency_Key="turn-1").json["token"]

    assert token not in str(IdempotentRequest.objects.values_list("answer", flat=True)[0])


@pytest.mark.parametrize("key", ["", "x" * 256, "ü"])
def test_a_key_that_is_none_is_refused(live_log: Log, program: Caller, alice: User, key: str) -> None:
    assert program.post("runs", BODY, Idempotency_Key=key).status in (400, 422)
    assert not Run.objects.exists()
