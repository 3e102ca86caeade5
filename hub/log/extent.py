"""How much there is of a topic: what a log says of it, beside its events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Extent(NamedTuple):
    """How many events the log has of a topic, and the position of the last there was; 0 if it knows none."""

    events: int
    position: int


class Measures(Protocol):
    """Of a log; from any thread. Its methods raise `LogAway`."""

    def extent(self, topic: str) -> Extent: ...

    def instances(self, topics: Sequence[str]) -> list[int]:
        """How many processes receive the events of each of these topics."""
