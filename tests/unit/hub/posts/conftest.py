from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Histogram

from hub.delivery.endpoint import EndpointOptions
from hub.events import Draft
from hub.log import NO_TERMS, Terms
from hub.posts.endpoint import PostEndpoint

EVENT = {"topic": "job-42", "type": "progress", "data": {"done": 3}}
BODY = json.dumps(EVENT).encode()


class AnyPublisher:
    """May publish everything."""

    owner = "7"

    def check(self, topics: Collection[str], /) -> None: ...

    def spend(self, events: int, size: int, /) -> None: ...


class SlowLog:
    """Appends when it is let go."""

    def __init__(self) -> None:
        self.appended: list[Draft] = []
        self.asked = 0
        self.open = asyncio.Event()
        self.open.set()

    async def append_grouped(self, drafts: Sequence[Draft], terms: Terms = NO_TERMS) -> list[int]:
        self.asked += 1
        await self.open.wait()
        self.appended += drafts
        return [len(self.appended)]

    def append_soon(
        self, drafts: Sequence[Draft], terms: Terms, done: Callable[[list[int] | Exception], None]
    ) -> None:
        task = asyncio.get_running_loop().create_task(self.append_grouped(drafts, terms))
        task.add_done_callback(lambda task: done(task.result()))


class Posts:
    """The endpoint, and how programs use it."""

    def __init__(self) -> None:
        self.log = SlowLog()
        self.publisher: Any = AnyPublisher()
        self.registry = CollectorRegistry()
        durations = Histogram("hub_request_seconds", "", ["kind", "status"], registry=self.registry)
        log: Any = self.log
        self.endpoint = PostEndpoint(log, self._find, EndpointOptions.of_settings(), durations, self._known)

    async def _find(self, headers: Mapping[str, str]) -> AnyPublisher:
        if isinstance(self.publisher, Exception):
            raise self.publisher
        found: AnyPublisher = self.publisher
        return found

    def _known(self, headers: Mapping[str, str]) -> AnyPublisher | None:
        return self.publisher if isinstance(self.publisher, AnyPublisher) else None

    async def post(self, *messages: Mapping[str, Any], scheme: str = "http", **headers: str) -> list[Any]:
        """What the endpoint sends to a request whose body is these messages; a whole event without any."""
        left = list(messages) or [{"type": "http.request", "body": BODY}]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return dict(left.pop(0))

        async def send(message: Any) -> None:
            sent.append(message)

        fields = {"host": "testserver", **headers}
        lines = [(name.encode(), value.encode()) for name, value in fields.items()]
        await self.endpoint({"scheme": scheme, "headers": lines}, receive, send)
        return sent


def status(sent: Sequence[Any]) -> int:
    return int(sent[0]["status"])


def headers_of(sent: Sequence[Any]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def json_of(sent: Sequence[Any]) -> Any:
    return json.loads(sent[1]["body"])


@pytest.fixture
def posts(settings: Any) -> Posts:
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.HUB_ALLOWED_ORIGINS = ["https://app.example.com"]
    return Posts()


@pytest.fixture
async def waiting(posts: Posts) -> asyncio.Task[list[Any]]:
    """A request that waits for the log."""
    posts.log.open.clear()
    task = asyncio.create_task(posts.post())
    async with asyncio.timeout(5):
        while not posts.log.asked:
            await asyncio.sleep(0)
    return task
