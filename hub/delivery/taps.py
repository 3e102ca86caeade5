"""Who is told of what passes: one that fails stops neither the others nor what passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hub.support.faults import malformed

T = TypeVar("T")


class Taps(list[Callable[[T], None]]):
    """In the order in which they came."""

    def tell(self, what: T, place: str) -> None:
        """Never raises; ``place`` is where it passes, a topic, say."""
        for tap in self:
            try:
                tap(what)
            except Exception as error:
                malformed.note("tap", place, error)
