"""A scene: the events of one kind of topic of the gallery, step by step."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from notifications.models import topic_patterns

PREFIX = "demo-"  # of every scene's topics
RUN = "run"  # the type and the key of the events that begin and end a run


class Publication(NamedTuple):
    """An event to be published: ``key`` says of which value of the topic it is."""

    type: str
    data: Any
    key: str = ""


Step: TypeAlias = tuple[Publication, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """``play(seed)`` gives the steps of a run, one every ``interval_s`` seconds.

    ``policy`` is that of its topics, as JSON (`hub.policies`). Steps of a scene that is played ``once`` only
    add to what readers have, and none may come twice; other steps replace values. Such a scene is repeated
    after ``repeats_after_s`` seconds, others when a person asks for it.
    """

    pattern: str
    policy: dict[str, Any]
    interval_s: float
    play: Callable[[int], Iterable[Step]]
    once: bool = False
    repeats_after_s: float | None = None

    def covers(self, topic: str) -> bool:
        return topic_patterns.covers(self.pattern, topic)

    def steps(self, run: int) -> tuple[Step, ...]:
        """The steps of a run, the first of which begins it, and the last of which ends it."""
        return _steps(self, run)


@functools.lru_cache(maxsize=16)
def _steps(scene: Scene, run: int) -> tuple[Step, ...]:
    return (_run(run, "running"), *scene.play(run), _run(run, "finished"))


def _run(number: int, state: str) -> Step:
    return (Publication(RUN, {"run": number, "state": state}, RUN),)
