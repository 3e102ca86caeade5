"""What is remembered of people is good until somebody doubts it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from hub.support import ttl_cache
from hub.support.invalidations import EVERYBODY, MOST, Doubts
from hub.support.ttl_cache import Remembered


class Source:
    """Answers with how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.doubts = Doubts()
        self.doubts.told = True
        self.answers = Remembered(self.ask, self.doubts)
        self.meanwhile: list[str] = []  # who is doubted while an answer is under way

    async def ask(self, names: Sequence[str]) -> dict[str, int]:
        self.asked += 1
        answer = self.asked
        await asyncio.sleep(0)
        while self.meanwhile:
            self.doubts.add(self.meanwhile.pop())
        return dict.fromkeys(names, answer)


@pytest.fixture
def source() -> Source:
    return Source()


async def test_an_answer_is_remembered(source: Source) -> None:
    assert [await source.answers.get("1") for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("doubted", ["1", EVERYBODY])
async def test_a_doubt_ends_it_at_once(source: Source, doubted: str) -> None:
    await source.answers.get("1")

    source.doubts.add(doubted)

    assert await source.answers.get("1") == 2


async def test_a_doubt_about_somebody_else_does_not(source: Source) -> None:
    await source.answers.get("1")

    source.doubts.add("2")

    assert await source.answers.get("1") == 1


async def test_an_answer_that_a_doubt_overtook_is_not_given(source: Source) -> None:
    source.meanwhile = ["1"]

    assert await source.answers.get("1") == 2
    assert await source.answers.get("1") == 2


async def test_nothing_is_remembered_while_nobody_would_tell(source: Source) -> None:
    await source.answers.get("1")
    source.doubts.told = False

    assert [await source.answers.get("1") for _ in range(2)] == [2, 3]


async def test_it_is_forgotten_in_time(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ttl_cache, "KEPT_S", 1e-9)

    assert [await source.answers.get("1") for _ in range(2)] == [1, 2]


async def test_it_takes_bounded_memory(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ttl_cache, "MOST", 10)

    for name in range(100):
        await source.answers.get(str(name))

    assert len(source.answers) <= 20


def test_too_many_doubts_become_one_about_everybody() -> None:
    doubts = Doubts()
    before = doubts.moment

    for name in range(MOST + 1):
        doubts.add(str(name))

    assert doubts.since(before, "0")
    assert doubts.since(before, "never named")
