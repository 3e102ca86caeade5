"""A person's orders, each on its way from the shop to the door; nobody else may read them."""

from __future__ import annotations

import random
from collections.abc import Iterator

from notifications.demo.scenes.scene import Publication, Scene, Step

PREFIX = "demo-orders-"  # followed by the id of whose they are
STATES = ("placed", "paid", "packed", "shipped", "delivered")
ITEMS = {
    "2041": "Oak desk",
    "2042": "Desk lamp, brass",
    "2043": "Chair, green wool",
    "2044": "Shelf, 180 cm",
    "2045": "Paper, 500 sheets",
}


def _play(seed: int) -> Iterator[Step]:
    chance = random.Random(seed)  # noqa: S311
    reached = dict.fromkeys(ITEMS, 0)
    yield tuple(_status(number, 0) for number in ITEMS)
    while moving := [number for number, state in reached.items() if state < len(STATES) - 1]:
        number = chance.choice(moving)
        reached[number] += 1
        yield (_status(number, reached[number]),)


def _status(number: str, state: int) -> Publication:
    return Publication("order", {"item": ITEMS[number], "state": STATES[state]}, number)


ORDER_SCENE = Scene(
    pattern=f"{PREFIX}*",
    # Who may read is a policy of each person's topic: `notifications.demo.seed`.
    policy={"latest": "key", "history": {"events": 100}, "read": []},
    interval_s=1.1,
    play=_play,
)
