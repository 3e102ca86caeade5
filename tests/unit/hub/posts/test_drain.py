"""An instance that leaves answers who is publishing, for a while."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.hub.posts.conftest import Posts, status


async def test_race_a_request_that_waits_for_the_log_is_answered_before_the_instance_ends(
    posts: Posts, waiting: asyncio.Task[list[Any]]
) -> None:
    draining = asyncio.create_task(posts.endpoint.drain(5))
    await asyncio.sleep(0)
    assert not draining.done()

    posts.log.open.set()
    await draining

    assert status(await waiting) == 201


async def test_a_log_that_never_answers_does_not_keep_an_instance(
    posts: Posts, waiting: asyncio.Task[list[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    await posts.endpoint.drain(0.01)

    assert not waiting.done()
    assert "1 requests to publish were not answered" in caplog.text
    posts.log.open.set()
    await waiting


async def test_without_a_request_it_is_over_at_once(posts: Posts) -> None:
    await posts.post()

    await posts.endpoint.drain(0)


async def test_race_a_client_that_goes_before_its_answer_holds_up_no_one(
    posts: Posts, waiting: asyncio.Task[list[Any]]
) -> None:
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    await posts.endpoint.drain(5)
    posts.log.open.set()

    assert status(await posts.post()) == 201
