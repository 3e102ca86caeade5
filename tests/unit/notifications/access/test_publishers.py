"""Who publishes is known for a second, and looked up once for all who come at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import OperationalError

from hub.errors import Problem
from hub.ports import Publisher
from hub.support.threads import in_thread
from notifications.access import api_keys
from notifications.access.publishers import Publishers
from notifications.application import Notifications

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many keys each query looked up."""
    counts: list[int] = []

    async def counted(function: Any, texts: Any, *args: Any) -> Any:
        counts.append(len(texts))
        return await in_thread(function, texts, *args)

    monkeypatch.setattr("notifications.access.publishers.in_thread", counted)
    return counts


@pytest.fixture
def key() -> str:
    return api_keys.create("ci", ["publish"])


def with_key(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


async def test_many_at_the_same_time_are_one_lookup_and_the_next_none(key: str, lookups: list[int]) -> None:
    publishers = Publishers()

    found = await asyncio.gather(*(publishers.by_headers(with_key(key)) for _ in range(50)))
    await publishers.by_headers(with_key(key))

    assert len({publisher.owner for publisher in found}) == 1
    assert lookups == [1]


async def test_different_keys_are_looked_up_together_and_each_has_its_own_answer(
    key: str, lookups: list[int]
) -> None:
    publishers = Publishers()

    answers = await asyncio.gather(
        *(publishers.by_headers(with_key(text)) for text in (key, "unknown", "another")),
        return_exceptions=True,
    )

    assert [getattr(answer, "status", None) for answer in answers] == [None, 401, 401]
    assert sum(lookups) == 3
    assert len(lookups) <= 2


async def test_a_key_is_known_without_waiting_once_it_was_looked_up(key: str) -> None:
    publishers = Publishers()
    assert publishers.known(with_key(key)) is None

    found = await publishers.by_headers(with_key(key))

    known = publishers.known(with_key(key))
    assert known is not None
    assert known.owner == found.owner


@pytest.mark.usefixtures("db")
async def test_a_publisher_of_the_projects_own_is_asked_every_time(key: str) -> None:
    class Strict(Notifications):
        async def publisher(self, headers: Mapping[str, str], /) -> Publisher:
            raise Problem(403, "Not today.")

    application = Strict()
    await Notifications.publisher(application, with_key(key))

    assert application.known_publisher(with_key(key)) is None
    assert Notifications().known_publisher(with_key(key)) is not None


async def test_race_a_key_revoked_while_it_is_known_is_refused_at_once(key: str) -> None:
    publishers = Publishers()
    await publishers.by_headers(with_key(key))

    await asyncio.to_thread(api_keys.revoke, "ci")

    with pytest.raises(Problem, match="unknown or revoked"):
        await publishers.by_headers(with_key(key))


async def test_a_key_that_another_instance_revoked_is_refused_within_the_time_it_is_known(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishers = Publishers()
    await publishers.by_headers(with_key(key))
    monkeypatch.setattr(api_keys, "CACHE_S", 0.0)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(api_keys.KeyCache, "clear", lambda self: None)
        await asyncio.to_thread(api_keys.revoke, "ci")

    async with asyncio.timeout(5):
        while not await refused(publishers, key):
            await asyncio.sleep(0.02)


async def test_while_the_database_is_away_a_key_that_is_not_known_is_an_outage(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(api_keys, "check_each", fail)

    with pytest.raises(OperationalError):
        await Publishers().by_headers(with_key(key))


async def refused(publishers: Publishers, key: str) -> bool:
    try:
        await publishers.by_headers(with_key(key))
    except Problem as problem:
        return problem.status == 401
    return False
