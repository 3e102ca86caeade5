"""Calls about runs: the same with both clients."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from hub_client import AsyncHub, BegunRun, Hub, RunRecord

RUN = {
    "run": "r-1",
    "topic": "run-1",
    "owner": "alice",
    "title": "Why?",
    "state": "running",
    "tokens": 2,
    "started_at": "2026-11-30T12:00:00Z",
    "ended_at": None,
    "outcome": None,
    "detail": "",
    "stopped_by": "",
    "may_stop": True,
}
RECORD = RunRecord("r-1", "run-1", "alice", "Why?", "running", 2, "2026-11-30T12:00:00Z", None, None, "", "")


class Calls:
    """Makes one call, answered with a JSON; keeps the requests."""

    def __init__(self, asynchronous: bool) -> None:
        self._asynchronous = asynchronous
        self.requests: list[httpx.Request] = []

    def __call__(self, found: Any, method: str, *args: Any, **more: Any) -> Any:
        def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return httpx.Response(200, json=found)

        transport = httpx.MockTransport(answer)
        if not self._asynchronous:
            with Hub("http://hub/", "K", client=httpx.Client(transport=transport)) as hub:
                return getattr(hub.runs, method)(*args, **more)

        async def call() -> Any:
            async with AsyncHub("http://hub/", "K", client=httpx.AsyncClient(transport=transport)) as hub:
                return await getattr(hub.runs, method)(*args, **more)

        return asyncio.run(call())

    @property
    def lines(self) -> list[str]:
        return [f"{one.method} {one.url.raw_path.decode()}" for one in self.requests]

    @property
    def bearers(self) -> list[str]:
        return [one.headers["authorization"] for one in self.requests]


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def calls(request: pytest.FixtureRequest) -> Calls:
    return Calls(request.param)


def test_one_is_begun_with_a_key_of_its_own(calls: Calls) -> None:
    given = {"run": "r-1", "topic": "run-1", "token": "T"}

    begun = calls(given, "begin", "alice", title="Why?", share=["group:ops"], queued=True)

    (request,) = calls.requests
    assert begun == BegunRun("r-1", "run-1", "T")
    assert request.headers["idempotency-key"]
    assert json.loads(request.content) == {
        "owner": "alice",
        "title": "Why?",
        "share": ["group:ops"],
        "lease_s": 15,
        "queued": True,
    }


def test_one_is_looked_up_for_a_person(calls: Calls) -> None:
    found = calls(RUN | {"text": "Because"}, "get", "r-1", user="alice")

    assert (found.id, found.text) == ("r-1", "Because")
    assert (calls.lines, calls.bearers) == (["GET /api/v1/runs/r-1?user=alice"], ["Bearer K"])


def test_those_of_a_person_are_listed_page_by_page(calls: Calls) -> None:
    found = calls({"runs": [RUN], "next": None}, "list", token="T", owner="alice", limit=2, before="r-9")

    assert found == [RECORD]
    assert (calls.lines, calls.bearers) == (
        ["GET /api/v1/runs?owner=alice&limit=2&before=r-9"],
        ["Bearer T"],
    )


def test_one_is_stopped_with_the_token_of_a_person(calls: Calls) -> None:
    found = calls(RUN | {"state": "stopped", "stopped_by": "alice"}, "stop", "r-1", token="T")

    assert (found.state, found.stopped_by) == ("stopped", "alice")
    assert (calls.lines, calls.bearers) == (["POST /api/v1/runs/r-1/stop"], ["Bearer T"])
