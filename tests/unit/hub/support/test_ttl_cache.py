"""A cached lookup is good for some seconds, until an invalidation ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from hub.support import ttl_cache
from hub.support.invalidations import EVERYONE, MAX_NAMES, Invalidations
from hub.support.ttl_cache import TTLCache


class Source:
    """Answers with how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.invalidations = Invalidations()
        self.invalidations.complete = True
        self.answers = TTLCache(self.ask, self.invalidations)
        self.meanwhile: list[str] = []  # who is invalidated while an answer is under way

    async def ask(self, names: Sequence[str]) -> dict[str, int]:
        self.asked += 1
        answer = self.asked
        await asyncio.sleep(0)
        while self.meanwhile:
            self.invalidations.add(self.meanwhile.pop())
        return dict.fromkeys(names, answer)


@pytest.fixture
def source() -> Source:
    return Source()


async def test_a_value_is_cached(source: Source) -> None:
    assert [await source.answers.get("1") for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("invalidated", ["1", EVERYONE])
async def test_an_invalidation_ends_it_at_once(source: Source, invalidated: str) -> None:
    await source.answers.get("1")

    source.invalidations.add(invalidated)

    assert await source.answers.get("1") == 2


async def test_the_invalidation_of_another_does_not(source: Source) -> None:
    await source.answers.get("1")

    source.invalidations.add("2")

    assert await source.answers.get("1") == 1


async def test_a_value_that_an_invalidation_overtook_is_not_returned(source: Source) -> None:
    source.meanwhile = ["1"]

    assert await source.answers.get("1") == 2
    assert await source.answers.get("1") == 2


async def test_nothing_is_cached_while_invalidations_may_be_missing(source: Source) -> None:
    await source.answers.get("1")
    source.invalidations.complete = False

    assert [await source.answers.get("1") for _ in range(2)] == [2, 3]


async def test_it_expires(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ttl_cache, "TTL_S", 1e-9)

    assert [await source.answers.get("1") for _ in range(2)] == [1, 2]


async def test_the_cache_is_bounded(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ttl_cache, "MAX_ENTRIES", 10)

    for name in range(100):
        await source.answers.get(str(name))

    assert len(source.answers) <= 20


def test_too_many_invalidations_become_one_of_everyone() -> None:
    invalidations = Invalidations()
    before = invalidations.moment

    for name in range(MAX_NAMES + 1):
        invalidations.add(str(name))

    assert invalidations.since(before, "0")
    assert invalidations.since(before, "never named")
