"""nginx's own refusals: problems that the page which caused them can read, whatever its origin."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.services.proxy.conftest import Front, fronting

ORIGIN = "https://app.example.com"
FIELDS = {
    "Access-Control-Allow-Origin": ORIGIN,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": "Retry-After",
    "Vary": "Origin",
}


@pytest.fixture(scope="module")
def running_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    values = {"HUB_STREAMS_PER_ADDRESS": "1"}
    with fronting(tmp_path_factory.mktemp("front"), values) as front:
        yield front


@pytest.fixture(scope="module")
def in_clear(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with fronting(tmp_path_factory.mktemp("clear"), {"HUB_TLS": "1"}) as front:
        yield front


def readable(response: httpx.Response, status: int) -> bool:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == status
    return {name: response.headers.get(name) for name in FIELDS} == FIELDS


@pytest.mark.parametrize("path", ["/api/v1/notifications", "/api/v1/events", "/feed/acks"])
def test_a_body_that_is_too_large(client: httpx.Client, path: str) -> None:
    assert readable(client.post(path, content=b"x" * (9 << 20), headers={"Origin": ORIGIN}), 413)


def test_one_feed_too_many(client: httpx.Client) -> None:
    with client.stream("GET", "/feed/") as first:
        refused = client.get("/feed/", headers={"Origin": ORIGIN})

        assert first.status_code == 200
        assert readable(refused, 429)


@pytest.mark.parametrize("path", ["/api/v1/notifications", "/feed/", "/feed", "/feed/acks"])
def test_what_comes_in_clear(in_clear: Front, path: str) -> None:
    assert readable(httpx.get(in_clear.url + path, headers={"Origin": ORIGIN}), 403)


def test_no_instance_answers(front: Front, client: httpx.Client) -> None:
    front.mood(0)

    assert readable(client.get("/api/v1/notifications", headers={"Origin": ORIGIN}), 503)


def test_a_cookie_that_is_too_long(client: httpx.Client) -> None:
    refused = client.get("/api/v1/x", headers={"Origin": ORIGIN, "Cookie": "a" * 40_000})

    assert readable(refused, 431)


def test_an_address_that_is_too_long_before_its_headers_are_read(client: httpx.Client) -> None:
    refused = client.get("/feed/?topic=" + "a" * 40_000, headers={"Origin": ORIGIN})

    assert (refused.status_code, refused.json()["status"]) == (414, 414)
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


def test_without_an_origin_there_are_no_fields_for_pages(client: httpx.Client) -> None:
    refused = client.post("/api/v1/notifications", content=b"x" * (1 << 20))

    assert refused.status_code == 413
    assert not any(name.startswith("access-control") for name in refused.headers)


def test_a_refusal_of_an_instance_has_its_own_fields(front: Front, client: httpx.Client) -> None:
    front.mood(422)

    refused = client.get("/api/v1/notifications", headers={"Origin": ORIGIN})

    assert refused.status_code == 422
    assert "Access-Control-Allow-Credentials" not in refused.headers


def test_without_its_slash_a_feed_is_left_to_an_instance(front: Front, client: httpx.Client) -> None:
    front.mood(401)

    assert client.get("/feed?topic=a").status_code == 401
    assert front.requests == ["GET /feed?topic=a"]


def test_a_feed_of_100_long_topics_fits_its_address_and_its_token(front: Front, client: httpx.Client) -> None:
    front.mood(401)
    topics = "&".join(f"topic={'x' * 200}" for _ in range(100))

    assert (
        client.get(f"/feed/?{topics}", headers={"Authorization": "Bearer " + "x" * 29_000}).status_code == 401
    )


@pytest.mark.parametrize("status", [200, 401])
def test_the_connection_of_a_feed_is_not_kept_after_it(
    front: Front, client: httpx.Client, status: int
) -> None:
    front.mood(status)

    with client.stream("GET", "/feed/") as response:
        assert response.headers["Connection"] == "close"
