"""Appends that follow one another under one key: see `hub.log.Terms`."""

from __future__ import annotations


class OutOfSeries(Exception):
    """The last append of a series has another digest, ``last``, than the one that was to be followed;
    nothing was appended."""

    def __init__(self, last: str) -> None:
        super().__init__(f"the last append of the series is {last}")
        self.last = last
