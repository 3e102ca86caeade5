"""What no view sees: malformed cookies and paths; and what a page is when a part is away."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from hub.log import LogAway

pytestmark = pytest.mark.django_db

SECRET = "password=hunter2"


@pytest.fixture
def stranger() -> Client:
    return Client(raise_request_exception=False)


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("cookie", ['sessionid="\\000abcdefgh"', "sessionid=a b", "sessionid=" + "a" * 500])
def test_a_malformed_session_never_reaches_the_database(stranger: Client, cookie: str) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = stranger.get("/accounts/login/", headers={"cookie": cookie})

    assert answer.status_code == 200
    assert not [query for query in asked.captured_queries if "django_session" in query["sql"]]


@pytest.mark.parametrize("path", ["/rooms/%00/", "/%00", "/dashboard/%00", "/admin/auth/user/%00/change/"])
def test_nothing_is_named_by_a_nul(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_nothing_of_the_api_is_named_by_a_nul(stranger: Client) -> None:
    answer = stranger.get("/api/v1/%00")

    assert answer.status_code == answer.json()["status"] == 404


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, LogAway, TimeoutError])
def test_a_page_whose_part_is_away_is_a_503_without_its_words(
    stranger: Client, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    monkeypatch.setattr("django.contrib.auth.forms.authenticate", failing(error(SECRET)))

    answer = stranger.post("/accounts/login/", {"username": "alice", "password": "demo"})

    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "Temporarily unavailable" in answer.content.decode()
    assert SECRET not in answer.content.decode()


def test_a_session_store_that_is_away_is_a_503_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.raise_request_exception = False
    store = "django.contrib.sessions.backends.db.SessionStore.load"
    monkeypatch.setattr(store, failing(OperationalError(SECRET)))

    assert client.get("/").status_code == 503


@pytest.mark.parametrize("error", [DataError(SECRET), UnicodeEncodeError("utf-8", "\ud800", 0, 1, SECRET)])
def test_a_value_that_no_database_takes_is_the_clients(
    stranger: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("django.contrib.auth.forms.authenticate", failing(error))

    answer = stranger.post("/accounts/login/", {"username": "alice", "password": "demo"})

    assert answer.status_code == 400
    assert SECRET not in answer.content.decode()


@pytest.mark.parametrize("host", ["evil.example", "a]b", "http://["])
def test_a_strange_host_is_a_400_in_the_shape_of_the_endpoint(stranger: Client, host: str) -> None:
    page, call = (stranger.get(path, headers={"host": host}) for path in ("/", "/api/v1/notifications"))

    assert page.status_code == call.status_code == 400
    assert call["Content-Type"] == "application/problem+json"
    assert "HUB_ALLOWED_HOSTS" in json.loads(call.content)["detail"]


def test_a_fault_of_ours_under_the_api_is_a_problem_without_its_words(
    stranger: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.access.api_keys.check", failing(RuntimeError(SECRET)))

    answer = stranger.post("/api/v1/events", {}, headers={"authorization": "Bearer x"})

    assert answer.status_code == answer.json()["status"] == 500
    assert SECRET not in answer.content.decode()


def test_what_is_suspicious_is_a_page_of_400(stranger: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.contrib.auth.forms.authenticate", failing(SuspiciousOperation(SECRET)))

    answer = stranger.post("/accounts/login/", {"username": "alice", "password": "demo"})

    assert answer.status_code == 400
    assert SECRET not in answer.content.decode()


def test_with_tls_the_api_is_refused_in_clear_and_a_page_is_sent_on(
    stranger: Client, settings: Settings
) -> None:
    settings.HUB_TLS = settings.SECURE_SSL_REDIRECT = True
    call = Client().post("/api/v1/events", {}, headers={"authorization": "Bearer x"})
    page = Client().get("/accounts/login/")

    assert (call.status_code, call["Content-Type"]) == (403, "application/problem+json")
    assert "https" in call.json()["detail"]
    assert (page.status_code, page["Location"]) == (301, "https://testserver/accounts/login/")
