"""Clocks are compared across a way that takes its time: what the way may explain is no skew."""

from __future__ import annotations

import pytest

from hub.doctor.clock_skew import check_clock
from hub.doctor.report import Report


@pytest.mark.parametrize(
    ("reading", "round_trip_s", "seen"),
    [
        (1000.0, 0.1, ""),
        (1001.9, 0.1, ""),
        (997.0, 4.0, ""),
        (1003.0, 0.1, "the clock of Redis is 3.0 s ahead of this machine's."),
        (990.0, 0.2, "the clock of Redis is 9.9 s behind this machine's."),
    ],
)
def test_a_clock_that_is_off_is_named_with_how_far(reading: float, round_trip_s: float, seen: str) -> None:
    report = Report("http://hub")

    check_clock(report, "Redis", reading, received_at=1000.0, round_trip_s=round_trip_s)

    assert [(finding.id, finding.seen) for finding in report.findings] == (
        [("hub.D012", seen)] if seen else []
    )
