from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import httpx
import pytest

from tests.cluster import Cluster
from tests.system.conftest import KEY, Site
from tests.system.runs.chat_site import ChatSite, serving

Call = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


@pytest.fixture(scope="package")
def chat_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatSite]:
    with serving(ChatSite(tmp_path_factory.mktemp("chat"))) as site:
        yield site


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory, chat_site: ChatSite) -> Iterator[Cluster]:
    """Three instances behind nginx, which a page of the chat may call."""
    env = {"HUB_MAX_CONNECTIONS_PER_USER": "1000", "HUB_ALLOWED_ORIGINS": chat_site.origin}
    with Cluster(tmp_path_factory.mktemp("cluster"), 3, extra_env=env) as cluster:
        chat_site.cluster = cluster
        yield cluster


@pytest.fixture
def begin(site: Site) -> Call:
    """Begins a run of alice's, with whatever else is given."""

    async def call(**more: Any) -> dict[str, Any]:
        answer = await site.api.post("/api/v1/runs", json={"owner": "alice", **more})
        assert answer.status_code == 201, answer.text
        run: dict[str, Any] = answer.json()
        return run

    return call


async def produce(base: str, run: str, *events: tuple[str, Any], key: str = "") -> dict[str, Any]:
    """Append events as a producer does, at an instance."""
    headers = KEY | ({"Idempotency-Key": key} if key else {})
    body = {"events": [{"type": type, "data": data} for type, data in events]}
    async with httpx.AsyncClient(timeout=10) as client:
        answer = await client.post(f"{base}/api/v1/runs/{run}/events", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    reply: dict[str, Any] = answer.json()
    return reply
