"""PostgreSQL frozen, and gone: whoever asks is told to come back, whatever they ask, and never 500."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.cluster import Cluster
from tests.cluster.postgres import Postgres
from tests.system.http.conftest import Raw

pytestmark = pytest.mark.postgres

HANDSHAKE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)


@pytest.fixture(scope="module")
def session(cluster: Cluster) -> str:
    """The Cookie header of somebody signed in."""
    with httpx.Client(base_url=cluster.instance_url(1), timeout=20) as client:
        client.get("/accounts/login/")
        form = {"username": "alice", "password": "demo", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert client.post("/accounts/login/", data=form).status_code == 302
        return f"sessionid={client.cookies['sessionid']}"


@pytest.fixture(scope="module", params=[Postgres.stop, Postgres.freeze])
def outage(request: pytest.FixtureRequest, cluster: Cluster, session: str) -> Iterator[None]:
    request.param(cluster.postgres)
    yield
    cluster.postgres.bring_back()
    until = time.monotonic() + 30
    while httpx.get(f"{cluster.instance_url(1)}/readyz", timeout=10).status_code != 200:
        assert time.monotonic() < until, "not ready again"


@pytest.mark.usefixtures("outage")
def test_a_feed_by_session_is_refused_with_retry_after(raw: Raw, session: str) -> None:
    raw.head("GET /feed/ HTTP/1.1", f"Cookie: {session}")

    answer = raw.receive()

    assert answer.problem["status"] == 503
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.usefixtures("outage")
def test_a_feed_through_nginx_is_closed_without_a_status_that_would_end_it(
    cluster: Cluster, session: str
) -> None:
    raw = Raw(cluster.ports.http)
    with raw.socket:
        raw.head("GET /feed/ HTTP/1.1", f"Cookie: {session}")

        assert raw.receive().status == 0


@pytest.mark.usefixtures("outage")
def test_a_room_is_closed_with_a_code_that_says_come_back(raw: Raw, session: str) -> None:
    raw.head("GET /rooms/lobby/ HTTP/1.1", *HANDSHAKE, f"Cookie: {session}", f"Origin: http://{raw.host}")

    received = b""
    while len(received.partition(b"\r\n\r\n")[2]) < 4:
        more = raw.socket.recv(4096)
        assert more, received
        received += more
    head, _, frame = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert (frame[0], int.from_bytes(frame[2:4], "big")) == (0x88, 4002)


@pytest.mark.usefixtures("outage")
@pytest.mark.parametrize("path", ["/", "/rooms/lobby/", "/api/v1/notifications", "/readyz"])
def test_pages_the_api_and_health_say_503(raw: Raw, session: str, path: str) -> None:
    raw.socket.settimeout(45)
    raw.head(f"GET {path} HTTP/1.1", f"Cookie: {session}")

    answer = raw.receive()

    assert answer.status == 503
    assert path == "/readyz" or int(answer.headers["retry-after"]) > 0


@pytest.mark.usefixtures("outage")
def test_the_process_lives(raw: Raw) -> None:
    raw.head("GET /livez HTTP/1.1")

    assert raw.receive().status == 200
