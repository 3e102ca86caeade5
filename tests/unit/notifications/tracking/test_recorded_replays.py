"""Of each person's replays it is remembered what was noted, in bounded memory."""

from __future__ import annotations

import pytest

from hub.ports import Span
from notifications.tracking.delivery_log import ReplayDelivery
from notifications.tracking.recorded_replays import RecordedReplays

OWN = ("everyone", "user-1")


def caught(after: int, upto: int, person: str = "1") -> ReplayDelivery:
    return ReplayDelivery(person, OWN, after, upto, 0.0)


@pytest.mark.parametrize(
    ("stretches", "asked", "rest"),
    [
        ([], (0, 30), (0, 30)),
        ([(0, 30)], (0, 30), None),
        ([(0, 30)], (10, 20), None),
        ([(0, 30)], (0, 40), (30, 40)),
        ([(10, 30)], (0, 30), (0, 10)),
        ([(10, 30)], (0, 40), (0, 40)),
        ([(10, 30)], (30, 40), (30, 40)),
        ([(10, 30)], (0, 10), (0, 10)),
        ([(0, 10), (10, 20)], (0, 20), None),
        ([(10, 20), (0, 10)], (0, 20), None),
        ([(0, 10), (20, 30)], (0, 30), (0, 20)),
        ([(0, 10), (20, 30)], (20, 30), None),
    ],
)
def test_what_was_recorded_is_not_to_be_recorded_again(
    stretches: list[tuple[int, int]], asked: tuple[int, int], rest: tuple[int, int] | None
) -> None:
    replays = RecordedReplays()
    for stretch in stretches:
        replays.add(caught(*stretch))

    assert replays.rest("1", Span(OWN, *asked)) == (Span(OWN, *rest) if rest else None)


def test_another_person_or_other_topics_are_recorded_by_themselves() -> None:
    replays = RecordedReplays()
    replays.add(caught(0, 30))

    assert replays.rest("2", Span(OWN, 0, 30)) == Span(OWN, 0, 30)
    assert replays.rest("1", Span((*OWN, "group-7"), 0, 30)) is not None


def test_who_came_back_longest_ago_is_forgotten() -> None:
    replays = RecordedReplays(max_replays=3)
    for person in ("1", "2", "3", "1", "4"):
        replays.add(caught(0, 30, person))

    assert len(replays) == 3
    assert replays.rest("1", Span(OWN, 0, 30)) is None
    assert replays.rest("2", Span(OWN, 0, 30)) is not None
