"""What a feed counts for: the person's connections, the address while it is asked about, live topics."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hub.ports import Credentials, Person
from tests.unit.hub.feeds.conftest import Desk


async def test_feeds_that_wait_for_the_database_count_for_their_address() -> None:
    async with Desk(max_connections={"per_address": 3}) as desk:
        answers, admit = asyncio.Event(), desk.admit

        async def slowly(credentials: Credentials, topics: Sequence[str], own: bool, /) -> Person:
            await answers.wait()
            return await admit(credentials, topics, own)

        desk.admit = slowly  # type: ignore[method-assign]
        waiting = [desk.open() for _ in range(3)]
        await asyncio.sleep(0)

        fourth = await desk.refused()
        answers.set()
        for client in waiting:
            await client.until_event("stream-live")

        assert fourth.status == 429
        assert "from your address" in fourth.problem["detail"]


async def test_a_feed_that_was_refused_no_longer_counts() -> None:
    async with Desk(max_connections={"per_address": 1}) as desk:
        for _ in range(3):
            assert (await desk.refused(("topic", "secret-1"))).status == 403
            assert (await desk.refused(headers={"authorization": ""})).status == 401

        await desk.opened()


async def test_live_topics_of_all_feeds_of_a_person_are_bounded_and_those_of_the_inbox_are_free() -> None:
    async with Desk(max_connections={"topics_per_user": 3}) as desk:
        first = await desk.opened(("topic", "job-1"), ("topic", "job-2"))
        inbox = await desk.opened(("topic", "everyone"))

        over = await desk.refused(("topic", "job-3"), ("topic", "job-4"))
        fits = await desk.opened(("topic", "job-3"))
        first.leave()
        await first.until_ended()
        again = await desk.opened(("topic", "job-4"), ("topic", "job-5"))

        assert (over.status, over.headers["retry-after"]) == (429, "10")
        assert "3 live topics" in over.problem["detail"]
        assert inbox.status == fits.status == again.status == 200
