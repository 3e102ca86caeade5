"""A page of an allowed origin can read what an instance refuses before Django sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.server import body_limits
from tests.cluster import Cluster
from tests.system.http.conftest import Raw

ORIGIN = "https://app.example.com"
LARGE = body_limits.MAX_SMALL_BYTES + 1


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    environment = {"HUB_ALLOWED_ORIGINS": ORIGIN}
    with Cluster(tmp_path_factory.mktemp("cluster"), 1, extra_env=environment) as cluster:
        yield cluster


@pytest.mark.parametrize("origin", [ORIGIN, "https://evil.example.com"])
@pytest.mark.parametrize(
    ("first", "field", "status"),
    [
        ("POST /api/v1/notifications HTTP/1.1", f"Content-Length: {LARGE}", 413),
        ("GET /feed/ HTTP/1.1", "Content-Length: 1", 413),
        ("POST /api/v1/events HTTP/1.1", f"Content-Length: {LARGE}", 401),
        ("GET /feed/ HTTP/1.1", "Cookie: " + "a" * 80_000, 431),
    ],
)
def test_a_refusal_of_the_server_itself_can_be_read(
    cluster: Cluster, origin: str, first: str, field: str, status: int
) -> None:
    raw = Raw(cluster.ports.instances[0])
    with raw.socket:
        raw.head(first, f"Origin: {origin}", "Accept: */*", field)

        refused = raw.receive()

    allowed = refused.headers.get("access-control-allow-origin")
    assert refused.status == status
    assert allowed == (ORIGIN if origin == ORIGIN else None)
