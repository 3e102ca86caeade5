"""Whether two clocks agree, as far as a network round trip lets us tell."""

from __future__ import annotations

from hub.doctor.report import Report

MAX_SKEW_S = 2.0


def check_clock(
    report: Report, name: str, reading: float, *, received_at: float, round_trip_s: float
) -> None:
    """A clock showed ``reading`` at some moment in the ``round_trip_s`` before ``received_at`` on ours.

    All are Unix times. What the round trip may explain is not counted as skew.
    """
    skew_s = reading - (received_at - round_trip_s / 2)
    if abs(skew_s) > MAX_SKEW_S + round_trip_s / 2:
        direction = "ahead of" if skew_s > 0 else "behind"
        report.find("hub.D012", f"the clock of {name} is {abs(skew_s):.1f} s {direction} this machine's.")
