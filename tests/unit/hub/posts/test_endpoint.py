"""What the endpoint answers but for the fields of the body, which `tests/unit/notifications/api` tests."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import Problem
from hub.server import body_limits
from tests.unit.hub.posts.conftest import BODY, Posts, headers_of, json_of, status

SECRET = "password=hunter2"
ORIGIN = "https://app.example.com"


async def test_an_event_that_comes_in_pieces_is_published(posts: Posts) -> None:
    pieces = [BODY[:10], BODY[10:11], BODY[11:]]

    sent = await posts.post(
        *({"type": "http.request", "body": piece, "more_body": True} for piece in pieces),
        {"type": "http.request"},
    )

    assert (status(sent), json_of(sent)) == (201, {"position": "1"})
    assert headers_of(sent)["content-length"] == str(len(sent[1]["body"]))
    assert headers_of(sent)["cache-control"] == "no-store"
    assert headers_of(sent)["x-content-type-options"] == "nosniff"


async def test_a_client_that_left_before_its_body_had_come_publishes_nothing(posts: Posts) -> None:
    sent = await posts.post(
        {"type": "http.request", "body": BODY, "more_body": True}, {"type": "http.disconnect"}
    )

    assert sent == []
    assert posts.log.appended == []


async def test_a_body_beyond_the_bound_is_refused_unread(posts: Posts) -> None:
    half: Any = {"type": "http.request", "body": b" " * (body_limits.MAX_LARGE_BYTES // 2), "more_body": True}
    unread = {"type": "http.request", "body": b" ", "more_body": True}

    sent = await posts.post(half, half, unread, unread)

    assert status(sent) == json_of(sent)["status"] == 413
    assert "8 MiB" in json_of(sent)["detail"]


@pytest.mark.parametrize("host", ["evil.example", "a]b", ""])
async def test_a_host_that_is_not_served_is_refused(posts: Posts, host: str) -> None:
    sent = await posts.post(host=host)

    assert status(sent) == 400
    assert "HUB_ALLOWED_HOSTS" in json_of(sent)["detail"]
    assert posts.log.appended == []


@pytest.mark.parametrize(("scheme", "expected"), [("http", 403), ("https", 201)])
async def test_with_tls_nothing_is_published_in_clear(
    posts: Posts, settings: Any, scheme: str, expected: int
) -> None:
    settings.HUB_TLS = True

    sent = await type(posts)().post(scheme=scheme)

    assert status(sent) == expected


async def test_a_fault_of_ours_is_a_problem_without_its_words(posts: Posts) -> None:
    posts.publisher = RuntimeError(SECRET)

    sent = await posts.post()

    assert status(sent) == json_of(sent)["status"] == 500
    assert SECRET not in sent[1]["body"].decode()


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize(("origin", "allowed"), [(ORIGIN, True), ("https://evil.example.com", False)])
async def test_a_page_of_an_allowed_origin_reads_every_answer(
    posts: Posts, origin: str, allowed: bool, refused: bool
) -> None:
    if refused:
        posts.publisher = Problem(429, "Slower.", retry_after=3)

    headers = headers_of(await posts.post(origin=origin))

    assert headers.get("access-control-allow-origin") == (ORIGIN if allowed else None)
    assert ("Retry-After" in headers.get("access-control-expose-headers", "")) is allowed
    assert headers.get("vary") == ("Origin" if allowed else None)
    assert headers.get("retry-after") == ("3" if refused else None)


async def test_how_long_it_took_is_measured_by_the_class_of_the_status(posts: Posts) -> None:
    await posts.post()
    posts.publisher = Problem(401, "Who?")
    await posts.post()

    for kind in ("2xx", "4xx"):
        labels = {"kind": "api", "status": kind}
        assert posts.registry.get_sample_value("hub_request_seconds_count", labels) == 1
