"""Every time zone that a browser names is understood."""

from __future__ import annotations

import importlib.resources
from datetime import UTC, datetime, timedelta

import pytest

from notifications import time_zones

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("Europe/Vienna", 2),
        ("Europe/Kiev", 3),
        ("Europe/Kyiv", 3),
        ("Asia/Calcutta", 5.5),
        ("Asia/Kolkata", 5.5),
        ("Asia/Katmandu", 5.75),
        ("Asia/Saigon", 7),
        ("America/Buenos_Aires", -3),
        ("America/Argentina/Buenos_Aires", -3),
        ("US/Pacific", -7),
        ("PST8PDT", -7),
        ("Japan", 9),
        ("GMT", 0),
        ("UTC", 0),
        ("Etc/GMT+5", -5),
        ("Etc/UTC", 0),
        ("Zulu", 0),
        ("EST5EDT", -4),
        ("America/Coyhaique", -3),
        ("Etc/Unknown", 0),
        ("+05:30", 5.5),
        ("-0330", -3.5),
        ("+14", 14),
    ],
)
def test_a_zone_is_known_by_every_name(name: str, hours: float) -> None:
    zone = time_zones.find(name)

    assert zone is not None
    assert NOON.astimezone(zone).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Vienna",
        "../etc/passwd",
        "localtime",
        "Factory",
        "posixrules",
        "+24:00",
        "+5",
        "+05:60",
        "\0",
        "٠",
    ],
)
def test_what_is_no_zone_is_none(name: str) -> None:
    assert time_zones.find(name) is None


def test_aliases_are_known_without_the_zones_of_the_machine() -> None:
    """Debian keeps them in a package of their own, which images do not have."""
    assert importlib.resources.files("tzdata.zoneinfo").joinpath("Asia", "Calcutta").is_file()
