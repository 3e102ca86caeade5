"""A feed is never answered 500: what a client sends is refused, and what a part fails in is 503."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.db import OperationalError

from hub.log import LogAway
from notifications.inbox import unread_counts
from tests.unit.hub.feeds.conftest import Desk

SECRET = "password=hunter2"


def failing(error: Exception) -> Callable[..., Awaitable[Any]]:
    async def fail(*_: object) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (OperationalError(SECRET), "database"),
        (LogAway(SECRET), "log"),
        (TimeoutError(SECRET), "in time"),
        (RuntimeError(SECRET), "Something failed"),
        (KeyError(SECRET), "Something failed"),
    ],
    ids=lambda given: type(given).__name__,
)
async def test_any_failure_of_an_admission_is_a_503_without_its_text(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception, word: str
) -> None:
    monkeypatch.setattr(desk, "admit", failing(error))

    client = await desk.refused()

    assert client.status == 503
    assert int(client.headers["retry-after"]) > 0
    assert word in client.problem["detail"]
    assert SECRET.encode() not in client.body


async def test_a_database_that_does_not_answer_is_a_503(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.delivery.endpoint.ADMIT_S", 0.01)

    async def hang(*_: object) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(desk, "admit", hang)

    client = await desk.refused()

    assert client.status == 503


async def test_a_failure_before_the_first_byte_is_a_503_and_leaves_no_connection_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.delivery.catch_up.CatchUp.run", failing(RuntimeError(SECRET)))

    client = await desk.refused()

    assert client.status == 503
    assert not desk.feeds.connections


async def test_a_count_that_does_not_come_opens_the_feed_without_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread_counts, "OPENING_S", 0.01)

    async def hang(*_: object) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(desk.unread_counts, "_of", hang)

    client = await desk.opened()

    assert client.events[0].data["count"] is None


@pytest.mark.parametrize("origin", ["http://[", "http://a]b", "\0", "http://testserver:x"])
async def test_a_malformed_origin_is_a_403(desk: Desk, origin: str) -> None:
    client = await desk.refused(headers={"origin": origin})

    assert client.status == 403


@pytest.mark.parametrize("cookie", ['sessionid="\\000abcdefgh"', "sessionid=a b", "path=/; sessionid=\0"])
async def test_a_malformed_session_authenticates_no_user(desk: Desk, cookie: str) -> None:
    client = await desk.refused(headers={"authorization": "", "cookie": cookie})

    assert client.status == 401


async def test_http_1_0_is_a_505(desk: Desk) -> None:
    client = desk.open()
    client.scope["http_version"] = "1.0"
    await client.until_ended()

    assert client.status == 505
    assert "HTTP/1.1" in client.problem["detail"]


async def test_where_all_is_over_tls_nothing_is_served_in_clear() -> None:
    async with Desk(limits={"tls": True}) as desk:
        clear, secure = desk.open(), desk.open()
        clear.scope["scheme"], secure.scope["scheme"] = "http", "https"
        await clear.until_ended()
        await secure.until_event("stream-live")

        assert clear.status == 403
        assert "https" in clear.problem["detail"]
