"""Parses timestamps of requests (RFC 3339)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def parse(text: Any) -> datetime:
    """A time in UTC from RFC 3339 with an offset; raise `ValueError` for anything else."""
    wrong = ValueError("use a time like 2026-01-31T09:00:00Z.")
    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        raise wrong
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong from None
