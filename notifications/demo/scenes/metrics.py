"""Figures of a made service: eight values that change ten times a second."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import NamedTuple

from notifications.demo.scenes.scene import Publication, Scene, Step

STEPS = 300


class Metric(NamedTuple):
    """A value that swings around ``mean`` by ``swing``, once in ``period`` steps, with some ``noise``."""

    name: str
    mean: float
    swing: float
    period: float
    noise: float
    digits: int = 0


METRICS = (
    Metric("requests", 1200, 420, 140, 60),
    Metric("latency", 84, 26, 90, 9),
    Metric("errors", 0.6, 0.4, 120, 0.2, 2),
    Metric("cpu", 47, 22, 110, 5),
    Metric("memory", 61, 6, 260, 0.8, 1),
    Metric("queue", 34, 28, 70, 6),
    Metric("feeds", 9400, 700, 220, 40),
    Metric("deliveries", 52_000, 17_000, 150, 2400),
)


def _play(seed: int) -> Iterator[Step]:
    chance = random.Random(seed)  # noqa: S311
    phases = [chance.uniform(0, math.tau) for _ in METRICS]
    for number in range(STEPS):
        yield tuple(
            _measured(metric, phase, number, chance) for metric, phase in zip(METRICS, phases, strict=True)
        )


def _measured(metric: Metric, phase: float, number: int, chance: random.Random) -> Publication:
    wave = math.sin(phase + math.tau * number / metric.period)
    value = metric.mean + metric.swing * wave + chance.gauss(0, metric.noise)
    rounded = round(max(0.0, value), metric.digits)
    return Publication("metric", {"value": rounded if metric.digits else int(rounded)}, metric.name)


METRICS_SCENE = Scene(
    pattern="demo-metrics",
    policy={"latest": "key", "coalesce_ms": 250, "coalesce": "last", "read": ["everyone"]},
    interval_s=0.1,
    play=_play,
    repeats_after_s=6,
)
