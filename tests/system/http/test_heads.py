"""The head of a request, however odd, is answered in our shape and never with 500."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.cluster import Cluster
from tests.system.http.conftest import Raw, RawResponse

# Heads of requests, which go on for as long as they may.
DRIPPING = {
    "a head": "GET /livez HTTP/1.1\r\nHost: x\r\n",
    "an event": "POST /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n\r\n",
    "a body": "POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 200000\r\n\r\n",
}


@pytest.fixture(scope="module", autouse=True)
def drips(cluster: Cluster) -> Iterator[dict[str, Future[RawResponse]]]:
    """Clients that drip beside all other tests, and how they end."""
    with ThreadPoolExecutor() as pool:
        yield {name: pool.submit(drip, cluster, head) for name, head in DRIPPING.items()}


def drip(cluster: Cluster, head: str) -> RawResponse:
    raw = Raw(cluster.ports.instances[1])
    with raw.socket:
        raw.send(head.encode())
        raw.socket.settimeout(1)
        while True:
            try:
                raw.socket.recv(1, socket.MSG_PEEK)
            except TimeoutError:
                raw.send(b"X: 1\r\n")
            else:
                return raw.receive()


@pytest.mark.parametrize(
    ("first", "lines", "status"),
    [
        ("GET /livez HTTP/1.1", ["Daphne-Root-Path: \xff"], 200),
        ("GET /livez HTTP/1.1", ["Cookie: " + "a" * 30_000], 200),
        ("GET /livez HTTP/1.1", [f"X-{n}: 1" for n in range(400)], 200),
        ("GET /livez HTTP/1.1", [f"X-{n}: 1" for n in range(600)], 431),
        ("GET /livez HTTP/1.1", ["Cookie: " + "a" * 40_000], 431),
        ("GET /livez HTTP/1.1", [f"X-{n}: {'a' * 20_000}" for n in range(4)], 431),
        ("GET /livez?" + "a" * 16_000 + " HTTP/1.1", [], 200),
        ("GET /livez?" + "a" * 40_000 + " HTTP/1.1", [], 431),
        ("GET /livez HTTP/1.1", ["X: a\0b"], 400),
        ("GET /livez HTTP/1.1", ["no header"], 400),
        ("GET /livez HTTP/1.1", ["Content-Length: 1", "Transfer-Encoding: chunked"], 400),
        ("GET /livez HTTP/1.1", ["Content-Length: -1"], 400),
        ("GET /livez HTTP/1.1", ["Content-Length: 1", "Content-Length: 2"], 400),
        ("POST /livez HTTP/1.1", ["Transfer-Encoding: gzip"], 400),
        ("GET /livez", [], 400),
        ("GET  /livez HTTP/1.1", [], 400),
        ("G\xffT /livez HTTP/1.1", [], 400),
        ("GET /\xff HTTP/1.1", [], 400),
        ("GET /livez?\xff HTTP/1.1", [], 400),
        ("GET /livez HTTP/9.9", [], 400),
        ("nonsense", [], 400),
        ("\x16\x03\x01 hello", [], 400),
    ],
    ids=range(22),
)
def test_an_odd_head_is_served_or_refused_with_a_reason(
    raw: Raw, first: str, lines: list[str], status: int
) -> None:
    raw.head(first, *lines)

    answer = raw.receive()

    assert answer.status == status
    if status != 200:
        assert answer.body


@pytest.mark.parametrize("origin", ["http://[", "http://a]b", "\xff"])
@pytest.mark.parametrize("path", ["/feed/", "/rooms/lobby/", "/api/v1/notifications"])
def test_a_malformed_origin_is_refused(raw: Raw, path: str, origin: str) -> None:
    shake = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    lines = [*shake, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="] if "rooms" in path else []

    raw.head(f"GET {path} HTTP/1.1", *lines, f"Origin: {origin}")

    assert raw.receive().problem["status"] in (401, 403)


@pytest.mark.parametrize("host", ["evil.example", "http://[", "a]b", "\xff"])
@pytest.mark.parametrize("path", ["/feed/", "/livez", "/readyz", "/metrics", "/api/v1/events"])
def test_a_strange_host_is_a_400_everywhere(raw: Raw, path: str, host: str) -> None:
    raw.head(f"GET {path} HTTP/1.1", f"Host: {host}", host=False)

    assert raw.receive().problem["status"] == 400


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
@pytest.mark.parametrize("lines", [[], ["Host: 10.0.0.7:8000"], ["Host: hub:8000"]])
def test_a_probe_that_speaks_http_1_0_or_names_no_host_is_answered(
    raw: Raw, path: str, lines: list[str]
) -> None:
    raw.head(f"GET {path} HTTP/1.0", *lines, host=False)

    assert raw.receive().status == 200


def test_a_feed_over_http_1_0_is_refused_with_the_version_to_use(raw: Raw) -> None:
    raw.head("GET /feed/ HTTP/1.0", "Authorization: Bearer x")

    answer = raw.receive()

    assert answer.status == 505
    assert "HTTP/1.1" in answer.problem["detail"]


def test_a_user_who_is_refused_may_go_on_sending_and_reads_why(raw: Raw) -> None:
    raw.head("POST /api/v1/events HTTP/1.1", "Content-Length: 4000000", "X: " + "a" * 40_000)
    raw.send(b" " * 4_000_000)

    assert raw.receive().problem["status"] == 431


@pytest.mark.parametrize("more", [b"\x81\x85\0\0\0\0hello", b"GET /livez HTTP/1.1\r\n\r\n"])
def test_who_speaks_before_the_socket_is_open_is_closed_upon(cluster: Cluster, raw: Raw, more: bytes) -> None:
    raw.send(
        b"GET /rooms/lobby/ HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n%b"
        % (cluster.ports.instances[0], more)
    )

    assert raw.closed()


@pytest.mark.parametrize("what", DRIPPING)
def test_what_drips_on_without_an_end_does_not_keep_its_connection(
    drips: dict[str, Future[RawResponse]], what: str
) -> None:
    answer = drips[what].result(40)

    assert answer.status == answer.problem["status"] == 408
