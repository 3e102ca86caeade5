"""The addresses that the hub's pages and API have, from its URL patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


def addresses() -> list[str]:
    """Every one, without its first slash, with {} for each part that a client chooses."""
    return sorted(set(_below(get_resolver().url_patterns)))


def _below(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        part = re.sub(r"\(\?P<\w+>.*?\)|<[^>]+>", "{}", str(pattern.pattern))
        path = before + re.sub(r"[\^$]|\\Z|\(\?:.*\)", "", part).replace("\\", "")
        if isinstance(pattern, URLResolver):
            yield from _below(pattern.url_patterns, path)
        else:
            yield path
