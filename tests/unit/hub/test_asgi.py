"""A project's own applications are given what is not the hub's, and the hub starts without a lifespan too."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.asgi import Hub
from hub.support.asgi import Receive, Scope, Send


class Given:
    """An application that keeps the scopes it is given."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])


async def ask(hub: Hub, type: str, path: str, method: str = "GET") -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": f"{type}.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Scope = {"type": type, "path": path, "headers": [], "query_string": b"", "client": None}
    if type == "http":
        scope["method"] = method
    await hub(scope, receive, send)
    return sent


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Hub]:
    """Hubs whose loops were to start; they do not."""
    started: list[Hub] = []

    async def start(self: Hub) -> None:
        started.append(self)

    monkeypatch.setattr(Hub, "start", start)
    return started


async def test_websockets_that_are_not_for_rooms_are_the_projects() -> None:
    own = Given()

    for path in ("/ws/stock/", "/", "/feed/", "/rooms", "/rooms/lobby/"):
        await ask(Hub(websocket=own), "websocket", path)

    assert own.paths == ["/ws/stock/", "/", "/feed/", "/rooms"]


async def test_without_applications_of_the_project_they_are_refused() -> None:
    assert await ask(Hub(), "websocket", "/ws/stock/") == [{"type": "websocket.close", "code": 4404}]


async def test_requests_that_are_not_for_the_hub_are_the_projects() -> None:
    own = Given()

    for path in ("/", "/feed", "/livez", "/shop/"):
        await ask(Hub(http=own), "http", path)

    assert own.paths == ["/", "/shop/"]


async def test_events_are_posted_to_the_hub_and_the_path_is_the_projects_for_every_other_method() -> None:
    own = Given()

    for method in ("GET", "POST", "PUT", "OPTIONS", "HEAD"):
        await ask(Hub(http=own), "http", "/api/v1/events", method)

    assert own.paths == ["/api/v1/events"] * 4


async def test_a_server_without_a_lifespan_starts_the_hub_with_the_first_connection(
    started: list[Hub],
) -> None:
    hub = Hub(http=Given())

    await ask(hub, "http", "/")

    assert started == [hub]


async def test_race_who_is_publishing_is_answered_before_the_log_of_an_instance_that_leaves_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub = Hub()
    ends: list[str] = []

    async def listen() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("log")

    async def drain(seconds: float) -> None:
        await asyncio.sleep(0)
        ends.append("posts")

    monkeypatch.setattr(hub.posts, "drain", drain)
    hub._loops = [asyncio.create_task(listen())]
    await asyncio.sleep(0)

    await hub.stop()

    assert ends == ["posts", "log"]


def test_plain_posts_pass_by_no_application_around_the_hub_and_no_tracing(settings: Any) -> None:
    class Wrapped(Hub):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await super().__call__(scope, receive, send)

    assert Hub().plain_posts is not None
    assert Wrapped().plain_posts is None
    hub = Hub()
    settings.HUB_OTLP_URL = "http://127.0.0.1:4318"

    assert hub.plain_posts is None
