"""Time zones as browsers name them: of the IANA database, aliases included, or an offset from UTC."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

_NAMES = frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}
# Area/City, to choose from; the others are aliases.
CHOICES = (*sorted(name for name in _NAMES if "/" in name), "UTC")
_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3])(?::?([0-5][0-9]))?")
_UNKNOWN = "Etc/Unknown"  # a browser's that found none on its machine; it shows UTC


@lru_cache(maxsize=1024)
def find(name: str) -> tzinfo | None:
    """The time zone of this name; None if there is none."""
    if name in _NAMES:
        return ZoneInfo(name)
    if name == _UNKNOWN:
        return UTC
    if (offset := _OFFSET.fullmatch(name)) is not None:
        sign, hours, minutes = offset.groups(default="0")
        return timezone(int(f"{sign}1") * timedelta(hours=int(hours), minutes=int(minutes)))
    return None
