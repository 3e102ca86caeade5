"""The expiry of what a memory log keeps in order of its last use."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any


def drop_first(entries: OrderedDict[Any, Any], expired: Callable[[Any], bool]) -> None:
    """Drop entries from the beginning on, as long as their values have expired."""
    while entries and expired(next(iter(entries.values()))):
        entries.popitem(last=False)
