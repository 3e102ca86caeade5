"""A feed is polled over one connection, through nginx and without it."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.cluster import Cluster
from tests.cluster.ports import HOST

KEY = {"Authorization": "Bearer demo-key"}
WAIT_S = 8  # below the age at which this cluster retires a feed


class Poller:
    """Polls as Alice does, over one connection, from where the answer before left off."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection(HOST, port, timeout=WAIT_S + 10)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.took_s = 0.0

    def poll(self, wait_s: int, method: str = "GET") -> str:
        began = time.monotonic()
        self.connection.request(method, f"/feed/?topic=job-1&wait={wait_s}", headers=self.headers)
        response = self.connection.getresponse()
        body = response.read().decode()
        self.took_s = time.monotonic() - began
        assert response.status == 200, body
        assert not response.will_close
        for position in re.findall(r"^id: (\d+)$", body, re.MULTILINE):
            self.headers["Last-Event-ID"] = position
        return body


@pytest.fixture(params=["nginx", "instance"])
def poller(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Poller]:
    body = {"user": "alice", "topics": ["job-1"]}
    answer = httpx.post(f"{cluster.http_url}/api/v1/tokens", json=body, headers=KEY, timeout=20)
    port = cluster.ports.http if request.param == "nginx" else cluster.ports.instances[0]
    poller = Poller(port, answer.json()["token"])
    yield poller
    poller.connection.close()


def publish(cluster: Cluster, n: int) -> None:
    body = {"topic": "job-1", "type": "tick", "data": n}
    httpx.post(f"{cluster.http_url}/api/v1/events", json=body, headers=KEY, timeout=20).raise_for_status()


def ticks(body: str) -> list[int]:
    return [int(n) for n in re.findall(r'"data":(\d+)\}', body)]


def test_each_answer_leaves_the_connection_to_the_next(cluster: Cluster, poller: Poller) -> None:
    first = poller.poll(1)
    socket = poller.connection.sock

    publish(cluster, 1)
    second = poller.poll(WAIT_S)
    later = threading.Timer(0.5, publish, [cluster, 2])
    later.start()
    third = poller.poll(WAIT_S)
    later.join()

    assert ticks(first) == []
    assert (ticks(second), ticks(third)) == ([1], [2])
    assert poller.took_s < WAIT_S
    assert poller.connection.sock is socket


def test_head_leaves_it_too(cluster: Cluster, poller: Poller) -> None:
    poller.poll(WAIT_S, "HEAD")
    socket = poller.connection.sock

    poller.poll(1)

    assert poller.connection.sock is socket


def test_the_path_that_nginx_gives_polls_is_its_own(cluster: Cluster) -> None:
    assert httpx.get(f"{cluster.http_url}/feed/poll?wait=1", timeout=20).status_code == 404
