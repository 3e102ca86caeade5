"""A failover that leaves the hub at a standby: what writes is refused, and nothing is answered 500."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.cluster import Cluster
from tests.system.database.conftest import KEY, assert_back, post, set_read_only, until

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def standby(cluster: Cluster) -> Iterator[Cluster]:
    assert_back(cluster)
    set_read_only(cluster, "on")
    until(lambda: post(cluster).status == 503)
    yield cluster
    set_read_only(cluster, "off")
    until(lambda: post(cluster).status == 201, 3)


@pytest.mark.parametrize(
    ("path", "body"),
    [("notifications", {"to": ["user:alice"], "title": "x"}), ("tokens", {"user": "alice"})],
)
def test_a_call_that_writes_is_refused_with_retry_after(
    standby: Cluster, path: str, body: dict[str, object]
) -> None:
    response = httpx.post(f"{standby.instance_url(1)}/api/v1/{path}", json=body, headers=KEY, timeout=20)

    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert int(response.headers["retry-after"]) > 0


def test_signing_in_is_refused_by_a_page(standby: Cluster) -> None:
    with httpx.Client(base_url=standby.instance_url(1), timeout=20) as client:
        client.get("/accounts/login/")
        form = {"username": "alice", "password": "demo", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        response = client.post("/accounts/login/", data=form)

    assert response.status_code == 503
    assert response.headers["content-type"].startswith("text/html")
    assert int(response.headers["retry-after"]) > 0


def test_no_instance_is_ready(standby: Cluster) -> None:
    until(lambda: httpx.get(f"{standby.instance_url(2)}/readyz").status_code == 503)

    assert "read-only" in httpx.get(f"{standby.instance_url(2)}/readyz").text
