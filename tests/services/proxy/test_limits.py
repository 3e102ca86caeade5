"""How much one address may ask at nginx's door."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.services.proxy.conftest import CLOSED, Front, fronting

OPEN = 3


@pytest.fixture(scope="module")
def running_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    values = {
        "HUB_STREAMS_PER_ADDRESS": str(OPEN),
        "HUB_LOGIN_RATE": "1r/m",
        "HUB_LOGIN_BURST": "1",
    }
    with fronting(tmp_path_factory.mktemp("front"), values) as front:
        yield front


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    values = {"HUB_CONNECT_RATE": "2r/s", "HUB_CONNECT_BURST": "1"}
    with fronting(tmp_path_factory.mktemp("hasty"), values) as front:
        yield front


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with fronting(tmp_path_factory.mktemp("narrow"), {"HUB_BODIES_PER_ADDRESS": "2"}) as front:
        yield front


def test_one_feed_too_many_is_a_problem_of_429(front: Front, client: httpx.Client) -> None:
    with contextlib.ExitStack() as held:
        for _ in range(OPEN):
            assert held.enter_context(client.stream("GET", "/feed/")).status_code == 200

        refused = client.get("/feed/")

        assert refused.json()["status"] == refused.status_code == 429
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert int(refused.headers["Retry-After"]) > 0
        assert client.get("/rooms/lobby/").status_code == 429
        assert client.get("/").status_code == 200, "only streams are counted"


def test_a_password_is_not_tried_often(front: Front, client: httpx.Client) -> None:
    tried = [client.post("/accounts/login/").status_code for _ in range(2)]

    refused = client.post("/admin/login/")

    assert [*tried, refused.status_code] == [200, 200, 429]
    assert int(refused.headers["Retry-After"]) > 0
    assert client.get("/accounts/login/").status_code == 200


def test_feeds_that_come_too_fast_wait_or_are_closed_without_a_status(hasty: Front) -> None:
    with contextlib.ExitStack() as held:
        client = held.enter_context(httpx.Client(base_url=hasty.url, timeout=10))
        since = time.monotonic()
        for _ in range(2):
            assert held.enter_context(client.stream("GET", "/feed/")).status_code == 200
        waited_s = time.monotonic() - since
        # The second has waited for its turn; two more at once are one too many.
        hasty.mood(401)
        answers = ask_together(hasty, 2)

    assert waited_s > 0.3
    assert sorted(answers) == [0, 401]


@pytest.mark.parametrize("path", ["/api/v1/x", "/api/v1/events", "/accounts/login/"])
def test_too_many_bodies_that_do_not_come_are_a_429_and_hinder_no_reader(narrow: Front, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n".encode()
    with contextlib.ExitStack() as held:
        client = held.enter_context(httpx.Client(base_url=narrow.url, timeout=10))
        until = time.monotonic() + 10
        while (refused := client.post(path, content=b"x")).status_code != 429:
            assert time.monotonic() < until, "they have not been counted"
            slow = held.enter_context(socket.create_connection(("127.0.0.1", narrow.nginx.http)))
            slow.sendall(head)

        assert int(refused.headers["Retry-After"]) > 0
        assert client.get(path).status_code == 200
        if path.startswith("/api/"):
            assert refused.json()["status"] == 429


def ask_together(front: Front, times: int) -> list[int]:
    """The statuses of feeds asked for side by side; 0 where there was no answer."""

    def ask(_: int) -> int:
        try:
            return httpx.get(f"{front.url}/feed/", timeout=10).status_code
        except CLOSED:
            return 0

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(ask, range(times)))
