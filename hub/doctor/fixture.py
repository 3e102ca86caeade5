"""Who the doctor goes as. `hub` knows no people: the wiring makes one, and takes every trace away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visit:
    """A person's token for ``topic`` and ``room``, and a program's key that may publish on the topic."""

    topic: str
    room: str
    token: str
    key: str
    written_down: Callable[[], bool]  # whether what was said in the room is a row by now
