from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from tests.system.conftest import KEY, Site

Call = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


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
