"""A page of another origin calls with a token, if it is allowed, and never with a cookie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from notifications.models import Reading
from notifications.sending.notify import notify

HOST_PAGE = "https://app.example.com"
ALLOW = "Access-Control-Allow-Origin"


@pytest.fixture(autouse=True)
def allowed(settings: Settings) -> None:
    settings.HUB_ALLOWED_ORIGINS = [HOST_PAGE]


def call(client: Client, method: str, path: str, **headers: str) -> Any:
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.generic(method, path, headers=lines)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_preflight_of_an_allowed_origin_is_answered(method: str) -> None:
    answer = call(
        Client(),
        "OPTIONS",
        "/api/v1/notifications",
        origin=HOST_PAGE,
        access_control_request_method=method,
        access_control_request_headers="authorization,content-type",
    )

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer[ALLOW] == HOST_PAGE
    assert method in answer["Access-Control-Allow-Methods"].split(", ")
    names = answer["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "content-type", "idempotency-key"} <= set(names)
    assert answer["Access-Control-Max-Age"] == "600"
    assert "Origin" in answer["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize(
    "name",
    ["traceparent", "tracestate", "baggage", "sentry-trace", "b3", "x-datadog-trace-id", "x-request-id"],
)
def test_a_tracing_library_may_add_its_headers(name: str) -> None:
    answer = call(
        Client(),
        "OPTIONS",
        "/api/v1/notifications",
        origin=HOST_PAGE,
        access_control_request_method="GET",
        access_control_request_headers=name,
    )

    assert name in answer["Access-Control-Allow-Headers"].split(", ")


def test_an_allowed_origin_reads_with_a_token(alice: User, token_of: Callable[..., str]) -> None:
    bearer = f"Bearer {token_of(alice)}"

    answer = call(Client(), "GET", "/api/v1/notifications", origin=HOST_PAGE, authorization=bearer)

    assert answer.status_code == 200
    assert answer[ALLOW] == HOST_PAGE
    assert "Origin" in answer["Vary"]


@pytest.mark.parametrize("path", ["/api/v1/notifications", "/api/v1/nothing"])
def test_a_refusal_can_be_read_by_an_allowed_origin(db: None, path: str) -> None:
    answer = call(Client(), "GET", path, origin=HOST_PAGE)

    assert answer.status_code in (401, 404)
    assert answer[ALLOW] == HOST_PAGE
    exposed = answer["Access-Control-Expose-Headers"].split(", ")
    assert {"Retry-After", "WWW-Authenticate", "Idempotent-Replay"} <= set(exposed)


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://app.example.com", "*", ""])
def test_another_origin_gets_no_cors_headers(db: None, method: str, origin: str) -> None:
    answer = call(Client(), method, "/api/v1/notifications", origin=origin)

    assert not any(name.startswith("Access-Control") for name in answer.headers)


@pytest.mark.parametrize("path", ["/", "/preferences/", "/accounts/login/", "/admin/login/", "/api/docs"])
def test_pages_are_for_no_other_origin(db: None, path: str) -> None:
    answer = call(Client(), "GET", path, origin=HOST_PAGE)

    assert ALLOW not in answer


@pytest.mark.parametrize("origin", ["", "https://evil.example.com"])
@pytest.mark.parametrize("name", ["shared/hub.css", "words/en.json"])
def test_files_are_for_every_origin(db: None, name: str, origin: str) -> None:
    answer = call(Client(), "GET", f"/static/notifications/{name}", origin=origin)

    assert answer[ALLOW] == "*"
    answer.close()


@pytest.mark.parametrize("origin", [HOST_PAGE, "https://evil.example.com"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/v1/notifications/read-all"), ("POST", "/notifications/read-all")],
)
def test_a_cookie_without_a_token_does_nothing_from_another_origin(
    alice: User, method: str, path: str, origin: str
) -> None:
    notify(["user:alice"], "Hello")
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    client.cookies["csrftoken"] = "a" * 32

    answer = call(client, method, path, origin=origin)

    assert answer.status_code == 403
    assert not Reading.objects.exists()
