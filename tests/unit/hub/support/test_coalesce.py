"""Many questions asked as one: who asks for something impossible is refused alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from hub.support import coalesce
from hub.support.coalesce import BatchLoader


class Bad(Exception):
    pass


class Questions:
    """Doubles numbers; a question with a number below zero fails whole."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    async def ask(self, keys: Sequence[int]) -> dict[int, int]:
        self.asked.append(list(keys))
        await asyncio.sleep(0)
        if any(key < 0 for key in keys):
            raise Bad
        return {key: 2 * key for key in keys if key}


async def answers(questions: Questions, keys: Sequence[int]) -> list[int | BaseException]:
    asked = BatchLoader(questions.ask)
    return await asyncio.gather(*map(asked.get, keys), return_exceptions=True)


async def test_a_key_that_fails_its_question_fails_no_one_else() -> None:
    questions = Questions()

    found = await answers(questions, [1, 2, -3, 4, 5])

    assert isinstance(found.pop(2), Bad)
    assert found == [2, 4, 8, 10]


@pytest.mark.parametrize("bad", [1, 3])
async def test_of_five_hundred_the_bad_ones_alone_are_refused(bad: int) -> None:
    questions = Questions()
    keys = [-n if n % 167 == 0 and n <= 167 * bad else n for n in range(1, 501)]

    found = await answers(questions, keys)

    assert [key for key, answer in zip(keys, found, strict=True) if isinstance(answer, Bad)] == [
        key for key in keys if key < 0
    ]
    assert len(questions.asked) < coalesce.MAX_RETRIES


async def test_where_everything_fails_it_is_asked_again_only_so_often() -> None:
    questions = Questions()

    found = await answers(questions, range(-500, 0))

    assert all(isinstance(answer, Bad) for answer in found)
    assert len(questions.asked) <= coalesce.MAX_RETRIES + 1


async def test_a_part_that_fails_slowly_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalesce, "RETRY_WINDOW_S", 0)
    questions = Questions()

    found = await answers(questions, [-1, -2, -3])

    assert all(isinstance(answer, Bad) for answer in found)
    assert len(questions.asked) == 1


async def test_a_key_without_an_answer_is_a_key_error() -> None:
    found = await answers(Questions(), [0, 1])

    assert isinstance(found[0], KeyError)
    assert found[1] == 2
