"""A body is judged before it is read: by its path and its length, and a large one by who sends it."""

from __future__ import annotations

import contextlib
import json

import httpx
import pytest

from hub.server import body_limits
from tests.cluster import Cluster
from tests.system.http.conftest import Raw

JSON = "Content-Type: application/json"
KEY = "Authorization: Bearer demo-key"
WAITING = "Expect: 100-continue"
LARGE = body_limits.MAX_SMALL_BYTES + 1


@pytest.mark.parametrize(
    ("request_line", "length", "status"),
    [
        ("POST /api/v1/notifications", body_limits.MAX_SMALL_BYTES + 1, 413),
        ("POST /accounts/login/", body_limits.MAX_SMALL_BYTES + 1, 413),
        ("PUT /api/v1/preferences", 10**18, 413),
        ("POST /nowhere", body_limits.MAX_SMALL_BYTES + 1, 413),
        ("POST /api/v1/events", body_limits.MAX_LARGE_BYTES + 1, 413),
        ("GET /accounts/login/", 1, 413),
        ("GET /feed/", 1, 413),
        ("PUT /feed/", 1, 413),
        ("POST /feed/", body_limits.MAX_FEED_BYTES + 1, 413),
        ("GET /rooms/lobby/", 5, 413),
        ("GET /readyz", 1, 413),
    ],
)
def test_a_body_too_large_for_its_path_is_refused_at_its_head(
    raw: Raw, request_line: str, length: int, status: int
) -> None:
    raw.head(f"{request_line} HTTP/1.1", KEY, f"Content-Length: {length}")

    answer = raw.receive()

    assert answer.status == status
    assert "body" in answer.problem["detail"]
    assert raw.closed()


def test_one_in_chunks_is_refused_while_it_comes(raw: Raw) -> None:
    raw.head("POST /api/v1/notifications HTTP/1.1", KEY, "Transfer-Encoding: chunked")
    for _ in range(body_limits.MAX_SMALL_BYTES // 4096 + 1):
        raw.send(b"1000\r\n" + b" " * 4096 + b"\r\n")

    assert raw.receive().problem["status"] == 413


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("X-Nobody: 1", 401),
        ("Authorization: Basic YTpi", 401),
        ("Authorization: Bearer unknown", 401),
        ("Authorization: Bearer \xff\xfe", 401),
    ],
)
@pytest.mark.parametrize("how", ["Content-Length: 8000000", "Transfer-Encoding: chunked"])
def test_a_stranger_s_large_body_is_refused_before_it_is_taken(
    raw: Raw, line: str, status: int, how: str
) -> None:
    raw.head("POST /api/v1/events HTTP/1.1", line, how)
    if "chunked" in how:
        raw.send(b"%x\r\n" % LARGE + b" " * LARGE)

    assert raw.receive().problem["status"] == status


def test_a_client_that_expects_100_continue_gets_none_before_it_is_authenticated(raw: Raw) -> None:
    raw.head("POST /api/v1/events HTTP/1.1", f"Content-Length: {LARGE}", WAITING)

    assert raw.receive().status == 401


def test_a_known_key_sends_a_large_batch(cluster: Cluster, raw: Raw) -> None:
    batch = json.dumps({"events": [{"topic": "job-1", "type": "x", "data": "x" * 60_000}] * 10}).encode()
    raw.head(
        "POST /api/v1/events HTTP/1.1", KEY, JSON, f"Content-Length: {len(batch)}", "Expect: 100-continue"
    )
    assert raw.receive().status == 100
    raw.send(batch)
    assert raw.receive().status == 201

    through_nginx = httpx.post(
        f"{cluster.http_url}/api/v1/events",
        content=batch,
        headers={"Authorization": "Bearer demo-key", "Content-Type": "application/json"},
    )
    assert through_nginx.status_code == 201


def test_too_many_large_bodies_at_once_have_to_wait_and_are_forgotten_when_they_go(
    cluster: Cluster,
) -> None:
    answers = []
    with contextlib.ExitStack() as held:
        for _ in range(4):
            raw = Raw(cluster.ports.instances[0])
            held.enter_context(raw.socket)
            length = f"Content-Length: {5 * 1024 * 1024}"
            raw.head("POST /api/v1/events HTTP/1.1", KEY, length, WAITING)
            answers.append(raw.receive())
    again = Raw(cluster.ports.instances[0])
    with again.socket:
        again.head("POST /api/v1/events HTTP/1.1", KEY, JSON, f"Content-Length: {LARGE}")
        again.send(b" " * LARGE)

        assert [answer.status for answer in answers] == [100, 100, 100, 429]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert again.receive().status == 400, "no JSON, but read"
