"""Callbacks of which one that fails stops neither the others nor the caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hub.support.faults import malformed

T = TypeVar("T")


class Taps(list[Callable[[T], None]]):
    """Called in the order in which they were added."""

    def call(self, value: T, source: str) -> None:
        """Never raises; ``source`` says in the log where the value came from, a topic for one."""
        for tap in self:
            try:
                tap(value)
            except Exception as error:
                malformed.record("tap", source, error)
