"""Who may call what: keys and their scopes, tokens, sessions, and each where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.access import api_keys
from notifications.models import ApiKey
from tests.unit.notifications.conftest import Caller, refused, rows_written

CALLS = [
    ("send", "notifications", {"to": ["everyone"], "title": "Hello"}),
    ("publish", "events", {"topic": "job-42", "type": "progress", "data": 1}),
    ("tokens", "tokens", {"user": "alice"}),
    ("publish", "rooms", {"name": "standup", "members": "everyone"}),
]
EACH_CALL = pytest.mark.parametrize(("scope", "path", "body"), CALLS)


@EACH_CALL
def test_a_key_without_the_scope_learns_which(
    with_key: Callable[..., Caller], alice: User, scope: str, path: str, body: Any
) -> None:
    others = [other for other in api_keys.SCOPES if other != scope]

    answer = with_key(*others).post(path, body)

    assert refused(answer, 403)
    assert scope in answer.json["detail"]
    assert rows_written() == 0


@EACH_CALL
@pytest.mark.parametrize("bearer", ["", "unknown", "é"])
def test_without_a_key_that_is_known_nothing_is_published(
    alice: User, scope: str, path: str, body: Any, bearer: str
) -> None:
    answer = Caller(bearer=bearer).post(path, body)

    assert refused(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert rows_written() == 0


@EACH_CALL
def test_a_session_does_not_publish(alice: User, scope: str, path: str, body: Any) -> None:
    assert refused(Caller(user=alice).post(path, body), 401)
    assert rows_written() == 0


@EACH_CALL
def test_a_token_does_not_publish(
    alice: User, token_of: Callable[..., str], scope: str, path: str, body: Any
) -> None:
    answer = Caller(bearer=token_of(alice)).post(path, body)

    assert refused(answer, 401)
    assert "subscriber token" in answer.json["detail"]


def test_a_revoked_key_is_unknown(program: Caller) -> None:
    api_keys.revoke("-".join(api_keys.SCOPES))

    assert refused(program.post(*CALLS[0][1:]), 401)


def test_another_scheme_than_bearer_is_refused(db: None) -> None:
    answer = Caller().call("POST", "notifications", {}, authorization="Basic YTpi")

    assert refused(answer, 401)


def test_the_last_use_of_a_key_is_recorded_once_a_minute(program: Caller) -> None:
    program.post(*CALLS[0][1:])
    first = ApiKey.objects.get().last_used_at
    program.post(*CALLS[0][1:])
    second = ApiKey.objects.get().last_used_at
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    api_keys.cache.clear()

    program.post(*CALLS[0][1:])

    third = ApiKey.objects.get().last_used_at
    assert first == second
    assert first is not None
    assert third is not None
    assert third > first


def test_a_key_reads_the_inbox_of_the_person_it_names(program: Caller, alice: User, bob: User) -> None:
    program.post("notifications", {"to": ["user:alice"], "title": "Hello"})

    assert len(program.get("notifications?user=alice").json["items"]) == 1
    assert len(program.get("notifications?user=bob").json["items"]) == 0
    assert program.get("notifications/count?user=alice").json["count"]["unread"] == 1


@pytest.mark.parametrize("query", ["", "?user=nobody", "?user=", "?user=a%00b", "?user=%ff"])
def test_a_key_must_name_someone(program: Caller, query: str) -> None:
    assert refused(program.get(f"notifications{query}"), 422, "user")


def test_a_key_without_the_scope_reads_no_one_s_inbox(with_key: Callable[..., Caller], alice: User) -> None:
    assert refused(with_key("send").get("notifications?user=alice"), 403)


def test_a_key_changes_nothing_in_an_inbox(program: Caller, alice: User) -> None:
    answer = program.post("notifications/read-all?user=alice")

    assert refused(answer, 401)
    assert "API key" in answer.json["detail"]


def test_a_person_reads_their_own_inbox_only(reader: Caller, bob: User) -> None:
    assert refused(reader.get("notifications?user=bob"), 403)


def test_a_request_without_credentials_reads_nothing(db: None) -> None:
    assert refused(Caller().get("notifications"), 401)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "notifications/read-all"),
        ("POST", "notifications/seen"),
        ("PUT", "preferences"),
        ("PUT", "notifications/00000000-0000-0000-0000-000000000000/reading"),
        ("DELETE", "notifications/00000000-0000-0000-0000-000000000000/reading"),
        ("PUT", "notifications/00000000-0000-0000-0000-000000000000/archive"),
        ("DELETE", "notifications/00000000-0000-0000-0000-000000000000/archive"),
    ],
)
def test_a_session_changes_nothing_without_the_csrf_token(alice: User, method: str, path: str) -> None:
    assert refused(Caller(user=alice, csrf=True).call(method, path), 403)


def test_a_session_with_the_csrf_token_does(alice: User) -> None:
    caller = Caller(user=alice, csrf=True)
    token = "a" * 32
    caller.set_cookie("csrftoken", token)

    answer = caller.call("POST", "notifications/read-all", x_csrftoken=token)

    assert answer.status == 200


def test_a_token_needs_no_csrf_token(alice: User, token_of: Callable[..., str]) -> None:
    caller = Caller(bearer=token_of(alice), csrf=True)

    assert caller.post("notifications/read-all").status == 200
