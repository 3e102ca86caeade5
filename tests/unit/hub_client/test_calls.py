"""What is sent to the API, how often it is tried, and what is raised: the same with both clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from hub_client import (
    AsyncHub,
    BadRequest,
    Conflict,
    Draft,
    Forbidden,
    Hub,
    Invalid,
    NotFound,
    Refused,
    Sent,
    Token,
    TooLarge,
    Unauthorized,
    Unavailable,
    Unreachable,
)

Answers = Callable[[httpx.Request], httpx.Response]


class Calls:
    """A client whose requests a function answers."""

    def __init__(self, asynchronous: bool) -> None:
        self._asynchronous = asynchronous
        self.requests: list[httpx.Request] = []

    def __call__(
        self, answers: Answers, method: str, *args: Any, deadline_s: float = 30.0, **more: Any
    ) -> Any:
        def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return answers(request)

        transport = httpx.MockTransport(answer)
        if not self._asynchronous:
            with Hub(
                "http://hub/", "K", deadline_s=deadline_s, client=httpx.Client(transport=transport)
            ) as hub:
                return getattr(hub, method)(*args, **more)

        async def call() -> Any:
            client = httpx.AsyncClient(transport=transport)
            async with AsyncHub("http://hub/", "K", deadline_s=deadline_s, client=client) as hub:
                return await getattr(hub, method)(*args, **more)

        return asyncio.run(call())

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.requests]

    @property
    def keys(self) -> list[str]:
        return [request.headers["idempotency-key"] for request in self.requests]


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def calls(request: pytest.FixtureRequest) -> Calls:
    return Calls(request.param)


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What would be slept."""
    found: list[float] = []

    async def sleep(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr("hub_client.stream.time.sleep", found.append)
    monkeypatch.setattr("hub_client.async_stream.asyncio.sleep", sleep)
    return found


def positions(request: httpx.Request) -> httpx.Response:
    events = json.loads(request.content)["events"]
    return httpx.Response(201, json={"positions": [str(event["data"]) for event in events]})


def refusing(*answers: httpx.Response | Exception) -> Answers:
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        # One that was read by another test cannot be read again.
        return httpx.Response(found.status_code, headers=found.headers, content=found.content)

    return answer


def test_an_event_is_published_with_its_key(calls: Calls) -> None:
    answer = httpx.Response(201, json={"position": "17"})

    position = calls(refusing(answer), "publish", "price-1", "price", {"bid": 1.1}, "EUR/USD")

    (request,) = calls.requests
    assert position == "17"
    assert str(request.url) == "http://hub/api/v1/events"
    assert request.headers["authorization"] == "Bearer K"
    assert calls.bodies == [{"topic": "price-1", "type": "price", "data": {"bid": 1.1}, "key": "EUR/USD"}]


def test_many_events_are_split_and_stay_in_order(calls: Calls) -> None:
    drafts = (Draft("job-1", "row", number) for number in range(1201))

    found = calls(positions, "publish_many", drafts)

    assert found == [str(number) for number in range(1201)]
    assert [len(body["events"]) for body in calls.bodies] == [500, 500, 201]
    assert len(set(calls.keys)) == 3


def test_no_events_are_no_request(calls: Calls) -> None:
    assert calls(positions, "publish_many", []) == []
    assert calls.requests == []


def test_what_was_published_before_a_refusal_is_named(calls: Calls) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return positions(request) if len(calls.requests) == 1 else httpx.Response(422, json={"field": "key"})

    with pytest.raises(Invalid) as refused:
        calls(answer, "publish_many", [Draft("job-1", "row", number) for number in range(501)])

    assert len(refused.value.published) == 500
    assert refused.value.field == "key"


def test_a_notification_is_sent_to_one_address_or_several(calls: Calls) -> None:
    sent = {"id": "n", "topic": "user-7", "position": None}
    answer = httpx.Response(201, json={"notifications": [sent]})

    found = calls(refusing(answer), "notify", "user:alice", "Build 512 is green", severity="success")

    assert found == [Sent("n", "user-7", None)]
    assert calls.bodies == [{"to": ["user:alice"], "title": "Build 512 is green", "severity": "success"}]


def test_a_token_is_issued(calls: Calls) -> None:
    given = {"token": "T", "ticket": "t", "expires_at": "2026-11-30T12:00:00Z", "id": "new field"}

    found = calls(refusing(httpx.Response(201, json=given)), "token", "alice", ["job-1"], 60)

    assert found == Token("T", "t", "2026-11-30T12:00:00Z")
    assert calls.bodies == [{"user": "alice", "topics": ["job-1"], "ttl": 60}]


@pytest.mark.parametrize(
    "first",
    [
        httpx.Response(503, headers={"Retry-After": "2"}),
        httpx.Response(429, headers={"Retry-After": "2"}),
        httpx.Response(409, headers={"Retry-After": "2"}),
    ],
)
def test_what_the_hub_cannot_do_now_is_tried_again_with_the_same_key(
    calls: Calls, first: httpx.Response, slept: list[float]
) -> None:
    answers = refusing(first, httpx.Response(201, json={"position": "17"}))

    assert calls(answers, "publish", "job-1", "row") == "17"

    assert len(calls.requests) == 2
    assert len(set(calls.keys)) == 1
    assert 2 <= slept[0] <= 2.2


def test_a_hub_that_is_not_there_is_tried_again(calls: Calls) -> None:
    answers = refusing(
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("silent"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(201, json={"position": "17"}),
    )

    assert calls(answers, "publish", "job-1", "row") == "17"
    assert len(set(calls.keys)) == 1


def test_waits_are_jittered_and_double_up_to_a_bound(calls: Calls, slept: list[float]) -> None:
    failures = [httpx.ConnectError("refused")] * 40
    answers = refusing(*failures, httpx.Response(201, json={"position": "17"}))

    calls(answers, "publish", "job-1", "row")

    assert len(set(slept)) > 30
    assert 1 < max(slept) <= 10


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.Response(503, headers={"Retry-After": "9"}), Unavailable),
        (httpx.ConnectError("x"), Unreachable),
    ],
)
def test_nothing_is_tried_beyond_the_deadline(
    calls: Calls, failure: httpx.Response | Exception, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        calls(refusing(failure), "publish", "job-1", "row", deadline_s=0.0)

    assert len(calls.requests) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (410, NotFound),
        (413, TooLarge),
        (418, Refused),
        (422, Invalid),
        (500, Unavailable),
    ],
)
def test_a_refusal_is_raised_by_its_kind_and_not_tried_again(
    calls: Calls, status: int, kind: type[Refused]
) -> None:
    problem = {"status": status, "title": "No", "detail": "Do this instead."}

    with pytest.raises(Refused) as refused:
        calls(refusing(httpx.Response(status, json=problem)), "publish", "job-1", "row")

    assert type(refused.value) is kind
    assert (refused.value.status, refused.value.detail) == (status, "Do this instead.")
    assert refused.value.problem == problem
    assert len(calls.requests) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"\xff"])
def test_a_refusal_by_something_else_has_a_text_too(calls: Calls, body: bytes) -> None:
    with pytest.raises(Forbidden) as refused:
        calls(refusing(httpx.Response(403, content=body)), "publish", "job-1", "row")

    assert refused.value.detail == "HTTP 403"
    assert refused.value.topics == ()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b"\xff"])
def test_an_answer_of_something_else_is_no_position(calls: Calls, body: bytes) -> None:
    with pytest.raises(Unreachable):
        calls(refusing(httpx.Response(200, content=body)), "publish", "job-1", "row")
