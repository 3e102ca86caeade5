from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import Group, User
from django.db import models
from django.http import HttpResponse
from django.test import Client
from prometheus_client import Histogram

from hub.delivery.endpoint import EndpointOptions
from hub.log import Log
from hub.log.current import shared_log
from hub.posts.endpoint import PostEndpoint
from notifications.access import api_keys, tokens
from notifications.access.publishers import Publishers
from notifications.models import IdempotentRequest, Notification, Preference, Reading, Room, Ticket

Json = dict[str, Any]


class Answer:
    """A response: JSON or problem JSON."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.type = response.headers["Content-Type"].partition(";")[0]
        self.json: Any = json.loads(response.content)


def published(body: bytes, headers: Mapping[str, str]) -> HttpResponse:
    """The answer of the hub's endpoint to a request to publish, which has no view."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    async def post() -> None:
        options = EndpointOptions.of_settings()
        durations = Histogram("test", "", ["kind", "status"], registry=None)
        publishers = Publishers()
        endpoint = PostEndpoint(shared_log(), publishers.by_headers, options, durations, publishers.known)
        await endpoint(scope, receive, send)

    given = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"scheme": "http", "headers": [(b"host", b"testserver"), *given]}
    async_to_sync(post)()
    start, end = sent
    fields = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return HttpResponse(end["body"], status=start["status"], headers=fields)


class Caller:
    """A client of the API, with an Authorization header or a session."""

    def __init__(self, bearer: str = "", user: User | None = None, csrf: bool = False) -> None:
        self._headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        self._client = Client(enforce_csrf_checks=csrf, headers=self._headers)
        if user is not None:
            self._client.force_login(user)

    def set_cookie(self, name: str, value: str) -> None:
        self._client.cookies[name] = value

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """``body`` is sent as it is if it is bytes, else as JSON; ``_`` in header names means ``-``."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        lines = {name.replace("_", "-"): value for name, value in headers.items()}
        if (method, path) == ("POST", "events"):
            return Answer(published(data, {**self._headers, **lines}))
        response = self._client.generic(
            method, f"/api/v1/{path}", data, content_type="application/json", headers=lines
        )
        return Answer(response)

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None) -> Answer:
        return self.call("PUT", path, body)

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)


def refused(answer: Answer, status: int, field: str | None = None) -> bool:
    """Whether it is a refusal in the shape of RFC 9457 that says what to do, and of which field."""
    problem = answer.json
    assert answer.type == "application/problem+json", answer.json
    assert (answer.status, problem["status"]) == (status, status), problem
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"]
    assert problem.get("field") == field
    return True


def rows_written() -> int:
    """How many rows a call may have left behind."""
    kinds: tuple[type[models.Model], ...] = (
        Notification,
        IdempotentRequest,
        Ticket,
        Reading,
        Preference,
        Room,
    )
    return sum(kind._default_manager.count() for kind in kinds)


def events_on(log: Log, topic: str) -> list[Json]:
    """The events of a topic: their types, positions and data."""
    page = asyncio.run(log.read({topic: 0}))
    return [
        {"type": event.type, "position": str(event.position), "data": json.loads(event.body)["data"]}
        for event in page.events
    ]


@pytest.fixture(autouse=True)
def lookups_in_the_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are looked up in a thread of the hub's, which cannot see a transaction of the test's."""

    async def here(function: Callable[..., Any], *args: Any) -> Any:
        return await sync_to_async(function)(*args)

    monkeypatch.setattr("notifications.access.publishers.in_thread", here)


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob")


@pytest.fixture
def ops(alice: User) -> Group:
    """A group that Alice is in."""
    group = Group.objects.create(name="ops")
    alice.groups.add(group)
    return group


@pytest.fixture
def with_key(db: None) -> Callable[..., Caller]:
    """A program with a key of its own that has some scopes."""

    def make(*scopes: str) -> Caller:
        return Caller(bearer=api_keys.create("-".join(scopes), scopes))

    return make


@pytest.fixture
def program(with_key: Callable[..., Caller]) -> Caller:
    """A program that may do everything."""
    return with_key(*api_keys.SCOPES)


@pytest.fixture
def reader(alice: User) -> Caller:
    """Alice, by session."""
    return Caller(user=alice)


@pytest.fixture
def token_of() -> Callable[[User], str]:
    def make(user: User, ttl: int = 60) -> str:
        return tokens.issue(user, [], ttl)[0]

    return make
