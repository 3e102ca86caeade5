"""A feed of a hundred topics of 200 characters, and the token that names them, are read at every entrance."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.cluster import Cluster

KEY = {"Authorization": "Bearer demo-key"}
TOPICS = [f"job-{number:03}-" + "x" * 192 for number in range(100)]


@pytest.fixture(scope="module")
def token(cluster: Cluster) -> str:
    body = {"user": "alice", "topics": TOPICS}
    response = httpx.post(f"{cluster.http_url}/api/v1/tokens", json=body, headers=KEY, timeout=20)
    assert response.status_code == 201
    return str(response.json()["token"])


@pytest.fixture(params=["nginx", "TLS", "instance"])
def client(request: pytest.FixtureRequest, cluster: Cluster, token: str) -> Iterator[httpx.Client]:
    urls = {"nginx": cluster.http_url, "TLS": cluster.https_url, "instance": cluster.instance_url(1)}
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=urls[request.param], headers=headers, timeout=20, verify=False) as client:  # noqa: S501
        yield client


def first_topics(client: httpx.Client, method: str, **options: object) -> list[str]:
    """The topics of a feed, by its first event."""
    with client.stream(method, "/feed/", **options) as response:  # type: ignore[arg-type]
        assert response.status_code == 200, response.read()
        for text in response.iter_lines():
            if text.startswith("data: "):
                topics: list[str] = json.loads(text.removeprefix("data: "))["topics"]
                return topics
    raise AssertionError("the feed ended")


def test_a_query_names_them(client: httpx.Client) -> None:
    assert first_topics(client, "GET", params={"topic": TOPICS, "own": "0"}) == TOPICS


def test_a_body_names_them(client: httpx.Client) -> None:
    assert first_topics(client, "POST", json={"topics": TOPICS, "own": False}) == TOPICS


def test_the_token_is_taken_by_the_api(client: httpx.Client) -> None:
    assert client.get("/api/v1/notifications/count").status_code == 200
