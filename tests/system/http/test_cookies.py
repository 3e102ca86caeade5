"""A session is the same at pages, the API, feeds and rooms, whatever cookies stand next to it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.cluster import Cluster
from tests.system.http.conftest import Raw

NEIGHBOURS = [
    'g_state={"i_l":0}',
    "a=b c",
    "[x]=1",
    "foo",
    "path=/x",
    "secure=1",
    "\xfc=1",
    'a="b',
    "a,b=1",
    'j={"a":1,"b":"x;y"}',
    "@x=1",
    "httponly",
    "expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "x=1;; y=2",
    "a=%00%ff",
    r"a=\073; b=1",
    "=",
    "sessionid2=x; xsessionid=y",
    "Sessionid=planted; SESSIONID=planted",
]


@pytest.fixture(scope="module")
def session(cluster: Cluster) -> Iterator[str]:
    with httpx.Client(base_url=cluster.http_url, timeout=20) as client:
        client.get("/accounts/login/")
        form = {"username": "alice", "password": "demo", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert client.post("/accounts/login/", data=form).status_code == 302
        yield client.cookies["sessionid"]


def statuses(port: int, *cookies: str) -> list[int]:
    """The statuses of a page, a call and a feed."""
    found = []
    for path in ("/", "/api/v1/notifications/count", "/feed/"):
        raw = Raw(port)
        with raw.socket:
            raw.head(f"HEAD {path} HTTP/1.1", *(f"Cookie: {cookie}" for cookie in cookies))
            found.append(int(raw.socket.recv(12)[9:]))
    return found


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_a_session_is_read_on_both_sides_of_a_neighbour(
    cluster: Cluster, session: str, neighbour: str
) -> None:
    port = cluster.ports.instances[0]

    assert statuses(port, f"{neighbour}; sessionid={session}") == [200, 200, 200]
    assert statuses(port, f"sessionid={session}; {neighbour}") == [200, 200, 200]


@pytest.mark.parametrize("through_nginx", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_a_session_is_read_in_either_of_two_headers(
    cluster: Cluster, session: str, first: bool, through_nginx: bool
) -> None:
    cookies = [f"sessionid={session}", "a=1"]
    port = cluster.ports.http if through_nginx else cluster.ports.instances[0]

    assert statuses(port, *(cookies if first else cookies[::-1])) == [200, 200, 200]


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_a_room_reads_it_too(cluster: Cluster, session: str, neighbour: str) -> None:
    url = cluster.instance_url(1)
    for cookies in ([f"{neighbour}; sessionid={session}"], [f"sessionid={session}", neighbour]):
        headers = [("Cookie", cookie) for cookie in cookies]
        address = url.replace("http", "ws", 1) + "/rooms/lobby/"
        with connect(address, additional_headers=headers, origin=Origin(url)) as room:
            assert json.loads(room.recv(timeout=10))["type"] == "welcome"
