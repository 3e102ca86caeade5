"""What nginx hands on to the instances, what it keeps to itself, and what it says when none answers."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from hub.server import body_limits
from tests.services.proxy.conftest import CLOSED, Front

FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X_Forwarded_For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "1",
    "Forwarded": "for=203.0.113.9;proto=https",
    "Daphne-Root-Path": "/evil",
    "Upgrade": "h2c",
    "Connection": "Upgrade, X-Forwarded-For",
}


@pytest.mark.parametrize("path", ["/", "/api/v1/x", "/rooms/lobby/"])
def test_what_a_client_says_of_its_way_is_not_passed_on(
    front: Front, client: httpx.Client, path: str
) -> None:
    client.get(path, headers=FORGED)

    ((_, headers),) = [one for stub in front.stubs for one in stub.requests]
    forwarded = {
        name.lower(): value for name, value in headers.items() if name.lower() in map(str.lower, FORGED)
    }
    assert forwarded == {"x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http"}


@pytest.mark.parametrize(
    "path", ["/metrics", "/readyz", "/readyz/", "//metrics", "/%6detrics", "/a/../readyz"]
)
def test_what_is_the_operators_does_not_leave_the_house(
    front: Front, client: httpx.Client, path: str
) -> None:
    # As raw bytes: a client of good manners would tidy the path.
    url = httpx.URL(front.url).copy_with(raw_path=path.encode())

    assert client.get(url).status_code == 404
    assert front.requests == []


def test_what_can_be_asked_twice_is_asked_of_another_instance(front: Front, client: httpx.Client) -> None:
    front.mood(0)

    assert client.get("/api/v1/x").status_code == 503
    assert front.requests == ["GET /api/v1/x"] * 2


def test_what_may_have_been_posted_is_not_posted_again(front: Front, client: httpx.Client) -> None:
    front.mood(0)

    assert client.post("/api/v1/x", json={}).status_code == 503
    assert front.requests == ["POST /api/v1/x"]


def test_a_program_gets_a_problem_when_no_instance_answers(front: Front, client: httpx.Client) -> None:
    front.mood(0)

    answer = client.get("/api/v1/x")

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["status"] == answer.status_code == 503


def test_a_person_gets_a_page_when_no_instance_answers(front: Front, client: httpx.Client) -> None:
    front.mood(0)

    answer = client.get("/")

    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Temporarily unavailable" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/x", body_limits.MAX_SMALL_BYTES),
        ("/api/v1/tokens", body_limits.MAX_SMALL_BYTES),
        ("/api/v1/events", body_limits.MAX_LARGE_BYTES),
        ("/feed/acks", body_limits.MAX_FEED_BYTES),
    ],
)
def test_a_body_too_large_is_a_problem_and_reaches_no_one(
    front: Front, client: httpx.Client, path: str, most: int
) -> None:
    answer = client.post(path, content=b"x" * (most + 1))

    assert answer.json()["status"] == answer.status_code == 413
    assert front.requests == []


@pytest.mark.parametrize("mood", [0, 500, 503])
def test_a_feed_that_no_instance_takes_gets_no_status_that_would_end_it(
    front: Front, client: httpx.Client, mood: int
) -> None:
    front.mood(mood)

    with pytest.raises(CLOSED):
        client.get("/feed/")

    assert front.requests == ["GET /feed/"] * 2


@pytest.mark.parametrize("mood", [0, 500, 503])
def test_a_poll_is_passed_on_and_refused_as_a_feed(front: Front, client: httpx.Client, mood: int) -> None:
    front.mood(mood)

    with pytest.raises(CLOSED):
        client.get("/feed/?topic=a%20b&wait=1")

    assert front.requests == ["GET /feed/?topic=a%20b&wait=1"] * 2


@pytest.mark.parametrize("status", [401, 403, 429])
def test_any_other_refusal_of_a_feed_comes_through(front: Front, client: httpx.Client, status: int) -> None:
    front.mood(status)

    assert client.get("/feed/").status_code == status


def test_no_ticket_stands_in_a_log(front: Front, client: httpx.Client) -> None:
    front.mood(0)

    client.get("/api/v1/x?ticket=secret")
    client.get("/api/v1/x?ticket=secret", headers={"Referer": "/?ticket=secret"})

    logs = [front.nginx.log_file, Path(front.nginx.values["HUB_ACCESS_LOG"])]
    assert "/api/v1/x" in logs[1].read_text()
    assert not any("secret" in log.read_text() for log in logs)
