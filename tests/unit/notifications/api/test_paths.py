"""What lies beside the calls: wrong paths and methods, a database that is away, the documentation."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client

from notifications.api import api
from tests.unit.notifications.conftest import Caller, refused


@pytest.mark.parametrize("path", ["", "nothing", "notifications/", "notifications/7/reading", "../", "%ff"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_is_not_found(program: Caller, method: str, path: str) -> None:
    assert refused(program.call(method, path), 404)


def test_every_call_has_a_summary_of_words_and_a_description() -> None:
    paths = api.get_openapi_schema()["paths"]

    calls = {f"{method} {path}": call for path, calls in paths.items() for method, call in calls.items()}
    bare = [
        name
        for name, call in calls.items()
        if isinstance(call, dict) and (" " not in call["summary"] or not call.get("description"))
    ]

    assert bare == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "notifications", {"GET", "POST"}),
        ("GET", "events", {"POST"}),
        ("GET", "tokens", {"POST"}),
        ("DELETE", "notifications/count", {"GET"}),
        ("GET", "notifications/read-all", {"POST"}),
    ],
)
def test_a_wrong_method_is_answered_with_the_right_ones(
    program: Caller, method: str, path: str, allowed: set[str]
) -> None:
    answer = program.call(method, path)

    assert refused(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("path", ["notifications/count", "notifications", "preferences", "rooms", "nothing"])
def test_head_is_answered_like_get(alice: User, path: str) -> None:
    client = Client()
    client.force_login(alice)

    assert client.head(f"/api/v1/{path}").status_code == client.get(f"/api/v1/{path}").status_code


@pytest.mark.parametrize("path", ["/", "/preferences/", "/rooms/", "/accounts/login/"])
def test_head_of_a_page_is_answered_like_get(alice: User, path: str) -> None:
    client = Client()
    client.force_login(alice)

    assert client.head(path).status_code == client.get(path).status_code


def test_while_the_database_is_away_it_says_when_to_come_back(
    program: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("notifications.access.api_keys.check", fail)

    answer = program.post("notifications", {"to": ["everyone"], "title": "Hello"})

    assert refused(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


def test_no_answer_is_kept_by_a_cache(program: Caller) -> None:
    assert program.get("notifications").headers["Cache-Control"] == "no-store"
    assert program.get("nothing").headers["Cache-Control"] == "no-store"


def test_the_documentation_names_every_call(db: None) -> None:
    paths = json.loads(Client().get("/api/openapi.json").content)["paths"]

    calls = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert calls == {
        "POST /api/v1/audience",
        "POST /api/v1/notifications",
        "GET /api/v1/notifications",
        "GET /api/v1/notifications/count",
        "POST /api/v1/notifications/read-all",
        "POST /api/v1/notifications/seen",
        "GET /api/v1/notifications/{id}",
        "DELETE /api/v1/notifications/{id}",
        "PUT /api/v1/notifications/{id}/reading",
        "DELETE /api/v1/notifications/{id}/reading",
        "PUT /api/v1/notifications/{id}/click",
        "PUT /api/v1/notifications/{id}/archive",
        "DELETE /api/v1/notifications/{id}/archive",
        "GET /api/v1/preferences",
        "PUT /api/v1/preferences",
        "GET /api/v1/rooms/{name}/messages",
        "GET /api/v1/rooms/{name}/members",
        "PUT /api/v1/rooms/{name}/reading",
        "PUT /api/v1/topics/{topic}/subscription",
        "DELETE /api/v1/topics/{topic}/subscription",
        "PUT /api/v1/topics/{topic}/mute",
        "DELETE /api/v1/topics/{topic}/mute",
        "POST /api/v1/feed/topics",
        "POST /api/v1/events",
        "POST /api/v1/tokens",
        "DELETE /api/v1/tokens/{id}",
        "GET /api/v1/rooms",
        "POST /api/v1/rooms",
        "POST /api/v1/runs",
        "POST /api/v1/runs/stream",
        "GET /api/v1/runs",
        "GET /api/v1/runs/{id}",
        "POST /api/v1/runs/{id}/events",
        "POST /api/v1/runs/{id}/done",
        "POST /api/v1/runs/{id}/error",
        "POST /api/v1/runs/{id}/stop",
        "POST /api/v1/topics/{topic}/events",
        "GET /api/v1/topics/{topic}",
        "GET /api/v1/policies",
        "GET /api/v1/policies/{pattern}",
        "PUT /api/v1/policies/{pattern}",
        "DELETE /api/v1/policies/{pattern}",
        "GET /api/v1/people",
        "PUT /api/v1/people",
        "GET /api/v1/people/{id}",
        "PUT /api/v1/people/{id}",
        "PATCH /api/v1/people/{id}",
    }


def test_the_documentation_is_made_once_and_not_sent_to_who_has_it(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    had = Client().get("/api/openapi.json")
    monkeypatch.setattr("ninja.NinjaAPI.get_openapi_schema", None)

    again = Client().get("/api/openapi.json")
    kept = Client().get("/api/openapi.json", headers={"if-none-match": had["ETag"]})

    assert again.content == had.content
    assert (kept.status_code, kept.content) == (304, b"")


def test_the_page_of_the_documentation_needs_nothing_that_its_policy_forbids(db: None) -> None:
    response = Client().get("/api/docs")

    page = response.content.decode()
    scripts = re.findall(r"<script(?! type=\"application/json\")([^>]*)>([^<]*)", page)
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert all(text == "" and 'src="/static/' in attributes for attributes, text in scripts)
    assert len(scripts) == 2
    assert "://" not in page
