"""Whoever is ready is served once before another is served twice, over any number of turns."""

from __future__ import annotations

import pytest

from hub.delivery import round_robin
from hub.delivery.round_robin import RoundRobin


def test_a_turn_serves_all_that_are_ready() -> None:
    served: list[int] = []

    RoundRobin(lambda: [1, 2, 3], served.append).turn()

    assert served == [1, 2, 3]


def test_a_turn_that_is_over_leaves_the_rest_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(round_robin, "MAX_TURN_S", 0.0)
    served: list[int] = []
    ready = iter([[1, 2, 3], [4]])
    turns = RoundRobin(lambda: next(ready), served.append)

    for _ in range(4):
        turns.turn()

    assert served == [1, 2, 3, 4]
