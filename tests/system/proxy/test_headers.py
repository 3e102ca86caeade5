"""Every answer bears what keeps a browser safe, and bears it once, whoever said it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx
import pytest

from hub.server.csp import POLICY
from tests.cluster import Cluster
from tests.cluster.ports import HOST

HSTS = "Strict-Transport-Security"
ALWAYS = {
    "X-Content-Type-Options": ["nosniff"],
    "Referrer-Policy": ["same-origin"],
    "X-Frame-Options": ["DENY"],
    "Content-Security-Policy": [POLICY],
}
ANSWERS = {
    "/": 200,
    "/accounts/login/": 302,
    "/admin/": 302,
    "/rooms/lobby/": 200,
    "/nowhere/": 404,
    "/static/notifications/shared/hub.css": 200,
    "/static/nowhere.css": 404,
    "/api/v1/notifications": 200,
    "/api/nowhere": 404,
    "/feed/": 200,
    "/feed/?last_event_id=x": 400,
    "/metrics": 404,
}


@pytest.fixture(scope="module")
def alice(cluster: Cluster) -> Iterator[httpx.Client]:
    """Signed in; the cookie is good for both doors."""
    with httpx.Client(timeout=20, verify=False) as client:  # noqa: S501
        url = f"{cluster.http_url}/accounts/login/"
        client.get(url)
        form = {"username": "alice", "password": "demo", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert client.post(url, data=form).status_code == 302
        yield client


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("path", ANSWERS)
def test_each_answer_has_its_security_headers_once(
    cluster: Cluster, alice: httpx.Client, secure: bool, path: str
) -> None:
    url = cluster.https_url if secure else cluster.http_url

    with alice.stream("GET", url + path) as answer:
        sent = {name: answer.headers.get_list(name) for name in (*ALWAYS, HSTS)}

    assert answer.status_code == ANSWERS[path]
    assert sent == {**ALWAYS, HSTS: ["max-age=31536000"] if secure else []}


@pytest.mark.parametrize("path", ANSWERS)
def test_head_is_answered_like_get_without_a_body(cluster: Cluster, alice: httpx.Client, path: str) -> None:
    with alice.stream("GET", cluster.http_url + path) as got:
        head = alice.head(cluster.http_url + path)

    same = ("content-type", "content-length", "cache-control", "location", "allow")
    assert (head.status_code, head.content) == (ANSWERS[path], b"")
    assert [head.headers.get(name) for name in same] == [got.headers.get(name) for name in same]


def test_https_is_http2(cluster: Cluster) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])

    with socket.create_connection((HOST, cluster.ports.https)) as plain, context.wrap_socket(plain) as secure:
        assert secure.selected_alpn_protocol() == "h2"
