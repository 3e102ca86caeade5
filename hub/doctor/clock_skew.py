"""Whether clocks agree, as far as can be told across a way that takes its time."""

from __future__ import annotations

from hub.doctor.report import Report

SKEW_S = 2.0


def skewed(report: Report, whose: str, said: float, heard: float, took_s: float) -> None:
    """Their clock said ``said`` some time within the ``took_s`` before ``heard`` on ours."""
    off = said - (heard - took_s / 2)
    if abs(off) > SKEW_S + took_s / 2:
        way = "ahead of" if off > 0 else "behind"
        report.find("hub.D012", f"the clock of {whose} is {abs(off):.1f} s {way} this machine's.")
