"""How long requests took, in the buckets of a histogram. Adding one costs a search and two sums."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Timings:
    """By kind of request and class of answer. All of it belongs to one event loop."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[list[int], list[float]]] = {}

    def add(self, kind: str, status: int, seconds: float) -> None:
        labels = kind, f"{status // 100}xx"
        if labels not in self._found:
            self._found[labels] = [0] * (len(BOUNDS_S) + 1), [0.0]
        counts, total = self._found[labels]
        counts[bisect_left(BOUNDS_S, seconds)] += 1
        total[0] += seconds

    def __iter__(self) -> Iterator[tuple[tuple[str, str], list[tuple[str, float]], float]]:
        """Of each: its labels, how many took up to each bound, and the sum of seconds."""
        for labels, (counts, total) in self._found.items():
            below, buckets = 0, []
            for bound, many in zip((*map(str, BOUNDS_S), "+Inf"), counts, strict=True):
                below += many
                buckets.append((bound, float(below)))
            yield labels, buckets, total[0]
