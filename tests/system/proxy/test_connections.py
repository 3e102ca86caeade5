"""Feeds of a page share one connection over HTTP/2; over HTTP/1.1 each closes its own when it ends."""

from __future__ import annotations

import socket
import time

import httpx

from tests.cluster import Cluster
from tests.cluster.ports import HOST
from tests.system.conftest import Site
from tests.system.proxy.conftest import FEEDS, open_over_http2

LAST_CHUNK = b"\r\n0\r\n\r\n"


async def test_two_hundred_feeds_are_live_and_a_request_beside_them_is_answered(
    cluster: Cluster, site: Site
) -> None:
    assert await open_over_http2(site, cluster.https_url) == {"open": FEEDS, "status": 200}


def test_the_connection_is_closed_with_the_last_chunk(cluster: Cluster) -> None:
    body, key = {"user": "alice"}, {"Authorization": "Bearer demo-key"}
    token = httpx.post(f"{cluster.http_url}/api/v1/tokens", json=body, headers=key, timeout=20).json()[
        "token"
    ]
    request = f"GET /feed/ HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n\r\n"
    with socket.create_connection((HOST, cluster.ports.http), timeout=30) as client:
        client.sendall(request.encode())
        received = b""
        while LAST_CHUNK not in received and (some := client.recv(65536)):
            received += some
        ended = time.monotonic()

        assert client.recv(1) == b""

    assert b"event: retire" in received
    assert time.monotonic() - ended < 3
