"""A feed is opened by POST, too: its topics may be more than an address has room for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.feeds.body import MAX_BYTES
from tests.unit.hub.feeds.conftest import Client, Desk

TOPICS = [f"job-{number:03}-" + "x" * 192 for number in range(100)]


async def opened(desk: Desk, body: dict[str, Any], *query: tuple[str, str], **headers: str) -> Client:
    client = desk.open(*query, method="POST", body=json.dumps(body).encode(), headers=headers)
    await client.until_event("stream-live")
    return client


async def test_a_hundred_long_topics_are_one_feed(desk: Desk) -> None:
    client = await opened(desk, {"topics": TOPICS, "own": False})

    assert client.events[0].data["topics"] == TOPICS


async def test_it_resumes(desk: Desk) -> None:
    first = desk.publish("job-1", "seen")
    desk.publish("job-1", "missed")

    client = await opened(desk, {"topics": ["job-1"], "last_event_id": str(first)})

    assert [event.data["data"] for event in client.events if event.type == "progress"] == ["missed"]


async def test_the_header_wins_over_the_body(desk: Desk) -> None:
    first = desk.publish("job-1", "seen")
    second = desk.publish("job-1", "missed")

    body = {"topics": ["job-1"], "lastEventId": str(second)}
    client = await opened(desk, body, **{"last-event-id": str(first)})

    assert client.events[0].id == str(first)


async def test_topics_of_the_query_and_of_the_body_are_joined(desk: Desk) -> None:
    client = await opened(desk, {"topics": ["job-2"]}, ("topic", "job-1"))

    assert client.events[0].data["topics"][-2:] == ["job-1", "job-2"]


@pytest.mark.parametrize("body", [b"", b"{}", b" \n"])
async def test_without_a_body_it_is_the_inbox(desk: Desk, body: bytes) -> None:
    client = desk.open(method="POST", body=body)
    await client.until_event("stream-live")

    assert client.events[0].data["topics"] == ["everyone", "user-1"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"{", "cannot be read"),
        (b"\xff", "UTF-8"),
        (b"[]", "JSON object"),
        (b'"topics"', "JSON object"),
        (b'{"topics": "job-1"}', "'topics'"),
        (b'{"topics": [1]}', "'topics'"),
        (b'{"topics": ["two words"]}', "not a topic"),
        (b'{"topics": ["job-1"], "topics": []}', "twice"),
        (b'{"own": "0"}', "'own'"),
        (b'{"own": false}', "No topic"),
        (b'{"last_event_id": 7}', "'last_event_id'"),
        (b'{"last_event_id": "x"}', "not a position"),
        (b'{"ticket": null}', "'ticket'"),
        (b'{"channel": "x"}', "'channel'"),
        (json.dumps({"topics": [*TOPICS, "one-more"]}).encode(), "at most 100"),
    ],
)
async def test_a_malformed_body_is_a_400_that_says_what_is_wrong(desk: Desk, body: bytes, word: str) -> None:
    client = desk.open(method="POST", body=body)
    await client.until_ended()

    assert client.status == 400
    assert word in client.problem["detail"]


async def test_a_body_that_is_too_large_is_a_413(desk: Desk) -> None:
    client = desk.open(method="POST", body=b" " * (MAX_BYTES + 1))
    await client.until_ended()

    assert client.status == 413


async def test_another_method_is_a_405_that_names_those_there_are(desk: Desk) -> None:
    client = await desk.refused(method="DELETE")

    assert (client.status, client.headers["allow"]) == (405, "GET, HEAD, POST")
