"""What a feed refuses, and how. Nothing is subscribed for a refused client."""

from __future__ import annotations

import pytest

from tests.unit.hub.feeds.conftest import Desk

Query = list[tuple[str, str]]


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ([("topic", "job 1")], "not a topic"),
        ([("topic", "job\n1")], "not a topic"),
        ([("topic", "job-1\x00")], "not a topic"),
        ([("topic", "")], "not a topic"),
        ([("topic", "x" * 201)], "not a topic"),
        ([("topic", f"job-{n}") for n in range(101)], "at most 100"),
        ([("last_event_id", "abc")], "not a position"),
        ([("last_event_id", "-1")], "not a position"),
        ([("last_event_id", "1" * 17)], "not a position"),
        ([("last_event_id", "١٢٣")], "not a position"),
        ([("last_event_id", "1"), ("last_event_id", "2")], "once"),
        ([("own", "yes")], "own is 0 or 1"),
        ([("own", "0")], "No topic"),
        ([("channel", "x")], "'channel' is not a parameter"),
    ],
)
async def test_a_malformed_query_is_a_400_that_says_what_is_wrong(
    desk: Desk, query: Query, word: str
) -> None:
    client = await desk.refused(*query)

    assert client.status == 400
    assert client.headers["content-type"] == "application/problem+json"
    assert word in client.problem["detail"]
    assert not desk.feeds.connections


async def test_a_malformed_last_event_id_header_is_a_400(desk: Desk) -> None:
    client = await desk.refused(headers={"last-event-id": "12:3"})

    assert client.status == 400


async def test_a_query_that_is_not_utf_8_is_a_400(desk: Desk) -> None:
    client = desk.open()
    client.scope["query_string"] = b"topic=%ff%fe"
    await client.until_ended()

    assert client.status == 400


async def test_a_client_without_credentials_gets_a_401(desk: Desk) -> None:
    client = await desk.refused(headers={"authorization": ""})

    assert client.status == 401
    assert client.headers["www-authenticate"] == "Bearer"


async def test_another_scheme_than_bearer_is_a_401(desk: Desk) -> None:
    client = await desk.refused(headers={"authorization": "Basic YTpi"})

    assert client.status == 401


async def test_a_foreign_topic_is_a_403_that_names_it(desk: Desk) -> None:
    client = await desk.refused(("topic", "secret-1"), ("topic", "job-1"))

    assert client.status == 403
    assert client.problem["topics"] == ["secret-1"]


async def test_another_method_is_a_405(desk: Desk) -> None:
    client = await desk.refused(method="PUT")

    assert client.status == 405


async def test_another_host_is_a_400(desk: Desk) -> None:
    client = await desk.refused(headers={"host": "evil.example.com"})

    assert client.status == 400


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.com",
        "null",
        "https://app.example.com.evil.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "http://testserver:81",
    ],
)
async def test_a_foreign_origin_is_a_403(desk: Desk, origin: str) -> None:
    client = await desk.refused(headers={"origin": origin})

    assert client.status == 403
    assert "access-control-allow-origin" not in client.headers


async def test_a_cross_site_request_without_an_origin_is_a_403(desk: Desk) -> None:
    client = await desk.refused(headers={"sec-fetch-site": "cross-site"})

    assert client.status == 403


async def test_an_allowed_origin_is_named_and_never_a_star(desk: Desk) -> None:
    client = await desk.opened(headers={"origin": "https://app.example.com"})

    assert client.headers["access-control-allow-origin"] == "https://app.example.com"
    assert client.headers["access-control-allow-credentials"] == "true"
    assert client.headers["vary"] == "origin"


async def test_a_preflight_of_an_allowed_origin_is_answered(desk: Desk) -> None:
    client = await desk.refused(method="OPTIONS", headers={"origin": "https://app.example.com"})

    assert client.status == 204
    assert {"authorization", "last-event-id"} <= set(
        client.headers["access-control-allow-headers"].split(", ")
    )
    assert client.headers["access-control-max-age"] == "600"


@pytest.mark.parametrize(
    ("query", "headers", "method", "status"),
    [
        ([("topic", "secret")], {}, "GET", 403),
        ([("channel", "x")], {}, "GET", 400),
        ([("topic", "job 1")], {}, "GET", 400),
        ([("last_event_id", "abc")], {}, "GET", 400),
        ([("own", "yes")], {}, "GET", 400),
        ([], {"authorization": ""}, "GET", 401),
        ([], {"authorization": "Basic YTpi"}, "GET", 401),
        ([], {"host": "evil.example.com"}, "GET", 400),
        ([], {}, "DELETE", 405),
    ],
)
async def test_a_refusal_can_be_read_by_an_allowed_origin(
    desk: Desk, query: Query, headers: dict[str, str], method: str, status: int
) -> None:
    client = await desk.refused(
        *query, headers={**headers, "origin": "https://app.example.com"}, method=method
    )

    assert client.status == status
    assert client.headers["access-control-allow-origin"] == "https://app.example.com"
    assert "Retry-After" in client.headers["access-control-expose-headers"]


async def test_too_many_feeds_of_one_person_are_a_429() -> None:
    async with Desk(max_connections={"per_user": 2}) as desk:
        first = await desk.opened()
        await desk.opened()

        third = await desk.refused()
        other = await desk.opened(headers={"authorization": "Bearer 2"})
        first.leave()
        await first.until_ended()
        again = await desk.opened()

        assert third.status == 429
        assert int(third.headers["retry-after"]) > 0
        assert other.status == again.status == 200


async def test_too_many_feeds_of_the_instance_are_a_503() -> None:
    async with Desk(max_connections={"instance": 1}) as desk:
        await desk.opened()

        client = await desk.refused(headers={"authorization": "Bearer 2"})

        assert client.status == 503
        assert "retry-after" in client.headers


async def test_too_many_feeds_of_one_address_are_a_429() -> None:
    async with Desk(max_connections={"per_address": 1}) as desk:
        await desk.opened()

        client = await desk.refused(headers={"authorization": "Bearer 2"})

        assert client.status == 429


async def test_a_draining_instance_admits_no_client(desk: Desk) -> None:
    await desk.feeds.drain(0)

    client = await desk.refused()

    assert client.status == 503
