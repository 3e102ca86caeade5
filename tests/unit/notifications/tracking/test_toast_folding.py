"""Which toasts the browser folds into a summary, as `toasts/queue.js` decides it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from notifications.tracking.toast_folding import folded

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def lost(*seconds: float) -> list[int]:
    """Of notifications that came so many seconds after a moment, which (from 0) had no toast."""
    arrivals = [(BEGIN + timedelta(seconds=at), UUID(int=n)) for n, at in enumerate(seconds)]
    return sorted(id.int for id in folded(arrivals))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ((), []),
        ((0, 0, 0), []),
        ((0, 0, 0, 0), [0, 1, 2, 3]),
        ((0, 0.1, 0.2, 0.3), [0, 1, 2, 3]),
        ((0, 0.1, 0.2, 0.5), []),
        ((0, 1, 2, 3, 4, 5), []),
        ((0, 1, 2, 3, 4, 5, 6), [6]),
        ((0, 1, 2, 3, 4, 5, 11), []),
        ((0, 2, 4, 6, 8, 10, 12), []),
    ],
)
def test_more_than_three_at_once_or_six_in_ten_seconds_are_folded(
    seconds: tuple[float, ...], expected: list[int]
) -> None:
    assert lost(*seconds) == expected


def test_what_comes_while_the_summary_stands_goes_into_it() -> None:
    assert lost(0, 0, 0, 0, 9, 18, 40) == [0, 1, 2, 3, 4, 5]


def test_the_order_in_which_they_are_told_does_not_matter() -> None:
    assert lost(6, 5, 4, 3, 2, 1, 0) == [0]
