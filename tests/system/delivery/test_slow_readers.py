"""A reader that never reads costs itself only: bounded bytes, then its connection is closed."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cluster import Cluster
from tests.system.conftest import KEY, Site
from tests.system.reader import until

CAP = 64 * 1024
SLOW = 200
EVENTS = 5000
DATA = "x" * 4000


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    env = {"HUB_MAILBOX_BYTES": str(CAP), "HUB_MAX_CONNECTIONS_PER_USER": "1000"}
    with Cluster(tmp_path_factory.mktemp("cluster"), 1, extra_env=env) as cluster:
        yield cluster


def resident(pid: int) -> int:
    """Bytes of memory in use."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def open_and_never_read(port: int, token: str) -> socket.socket:
    connection = socket.socket()
    # As little as the kernel allows, so that what is not read waits with the sender.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.connect(("127.0.0.1", port))
    request = (
        f"GET /feed/?own=0&topic=flood HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    connection.sendall(request.encode())
    return connection


def metric(url: str, name: str) -> float:
    text = httpx.get(f"{url}/metrics").text
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


async def test_200_of_them_stay_within_their_limits_and_are_closed(cluster: Cluster, site: Site) -> None:
    instance = cluster.instances[0]
    token = await site.token("alice", ["flood"])
    healthy = await site.reader("bob", ["flood"], instance=1)
    slow = await asyncio.to_thread(
        lambda: [open_and_never_read(cluster.ports.instances[0], token) for _ in range(SLOW)]
    )
    await until(lambda: metric(instance.url, "hub_feeds") == SLOW + 1, "all feeds")
    before = peak = resident(instance.pid)

    async with httpx.AsyncClient(base_url=instance.url, headers=KEY, timeout=30) as api:
        for start in range(0, EVENTS, 50):
            batch = [{"topic": "flood", "type": "tick", "data": [n, DATA]} for n in range(start, start + 50)]
            answer = await api.post("/api/v1/events", json={"events": batch})
            assert answer.status_code == 201
            peak = max(peak, resident(instance.pid))
    await until(lambda: len(healthy.ids) >= EVENTS, "everything for the healthy one")
    await until(lambda: metric(instance.url, "hub_feeds") == 1, "the slow ones closed")

    assert metric(instance.url, 'hub_closes_total{reason="slow"}') == SLOW
    # The log's own memory is Redis's; a little is the process's everyday.
    assert peak - before < SLOW * CAP + 24 * 1024 * 1024
    assert [data["data"][0] for _, type, data in healthy.received if type == "tick"] == list(range(EVENTS))
    assert healthy.connects == 1
    for connection in slow:
        connection.close()
