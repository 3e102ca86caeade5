"""Prices of twelve made shares, each a random walk; sixty changes a second."""

from __future__ import annotations

import random
from collections.abc import Iterator

from notifications.demo.scenes.scene import Publication, Scene, Step

STEPS = 500
CHANGES_PER_STEP = 3
OPENING = {  # by symbol, in cents
    "ALDER": 4210,
    "BIRCH": 12_875,
    "CEDAR": 31_240,
    "ELM": 865,
    "FIR": 7730,
    "HAZEL": 1905,
    "LARCH": 22_410,
    "MAPLE": 9160,
    "OAK": 45_320,
    "PINE": 3385,
    "ROWAN": 640,
    "YEW": 18_050,
}


def _play(seed: int) -> Iterator[Step]:
    chance = random.Random(seed)  # noqa: S311
    prices = dict(OPENING)
    yield tuple(_quote(symbol, price) for symbol, price in prices.items())
    for _ in range(STEPS):
        symbols = chance.sample(list(OPENING), CHANGES_PER_STEP)
        for symbol in symbols:
            step = round(chance.gauss(0, OPENING[symbol] * 0.002))
            prices[symbol] = max(1, prices[symbol] + step)
        yield tuple(_quote(symbol, prices[symbol]) for symbol in symbols)


def _quote(symbol: str, cents: int) -> Publication:
    change = (cents / OPENING[symbol] - 1) * 100
    return Publication("price", {"price": cents / 100, "change": round(change, 2)}, symbol)


PRICES_SCENE = Scene(
    pattern="demo-prices",
    policy={"latest": "key", "coalesce_ms": 100, "coalesce": "last", "read": ["everyone"]},
    interval_s=0.05,
    play=_play,
    repeats_after_s=6,
)
