"""Four matches at once, ninety minutes in half a minute."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from notifications.demo.scenes.scene import Publication, Scene, Step

MINUTES = 90
GOAL_CHANCE = 0.017  # of each side, a minute
MATCHES = {
    "north": ("Harbour", "Hillside"),
    "east": ("Old Mill", "Rovers"),
    "south": ("Lakeview", "Station"),
    "west": ("Castle", "Meadows"),
}


def _play(seed: int) -> Iterator[Step]:
    chance = random.Random(seed)  # noqa: S311
    goals: dict[str, list[dict[str, Any]]] = {key: [] for key in MATCHES}
    for minute in range(MINUTES + 1):
        for key, sides in MATCHES.items():
            for side in (0, 1):
                if minute and chance.random() < GOAL_CHANCE:
                    goals[key].append({"minute": minute, "team": sides[side], "side": side})
        yield tuple(_score(key, minute, goals[key]) for key in MATCHES)


def _score(key: str, minute: int, goals: list[dict[str, Any]]) -> Publication:
    score = [sum(goal["side"] == side for goal in goals) for side in (0, 1)]
    data = {"teams": MATCHES[key], "score": score, "minute": minute, "goals": list(goals)}
    return Publication("score", data, key)


SCORES_SCENE = Scene(
    pattern="demo-scores",
    policy={"latest": "key", "history": {"events": 100}, "read": ["everyone"]},
    interval_s=0.3,
    play=_play,
    repeats_after_s=8,
)
