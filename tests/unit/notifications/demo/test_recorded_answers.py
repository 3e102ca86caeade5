"""The recordings that the agent of the gallery answers with."""

from __future__ import annotations

import pytest

from notifications.demo.recorded_answers import FOLDER, QUESTIONS, closest, parts


def test_each_recording_has_its_question() -> None:
    assert {path.stem for path in FOLDER.glob("*.jsonl")} == set(QUESTIONS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_is_the_same_each_time_and_takes_a_few_seconds(name: str) -> None:
    found = list(parts(name))

    assert found == list(parts(name))
    assert [part.data["name"] for part in found if part.type == "phase"] == [
        "Thinking",
        "Searching",
        "Writing",
    ]
    assert 5 < sum(part.pause_s for part in found) < 30


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_has_its_answer(name: str) -> None:
    assert closest(QUESTIONS[name]) == name


def test_any_other_question_has_one_too() -> None:
    assert closest("لماذا؟") in QUESTIONS
