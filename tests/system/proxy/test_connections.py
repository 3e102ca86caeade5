"""Feeds of a page share one connection over HTTP/2; over HTTP/1.1 each closes its own when it ends."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from pathlib import Path

import httpx

from tests.cluster import Cluster
from tests.cluster.ports import HOST
from tests.system.conftest import Site

PROGRAM = Path(__file__).parent / "programs" / "feeds.mjs"
FEEDS = 200  # nginx's own limit is 128
PEOPLE = ("alice", "bob", "carol", "admin")  # fifty feeds each, the limit of a person
LAST_CHUNK = b"\r\n0\r\n\r\n"


async def test_two_hundred_feeds_are_live_and_a_request_beside_them_is_answered(
    cluster: Cluster, site: Site
) -> None:
    tokens = [await site.token(person) for person in PEOPLE]

    program = await asyncio.create_subprocess_exec(
        *("node", str(PROGRAM), cluster.https_url, str(FEEDS), *tokens), stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await asyncio.wait_for(program.communicate(), 30)
    finally:
        if program.returncode is None:
            program.kill()

    assert json.loads(output) == {"open": FEEDS, "status": 200}


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
