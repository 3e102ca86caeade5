"""What the pages say, in the reader's language: the same tables that the components in the browser read."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

from hub.errors import Refusal

TABLES = Path(__file__).with_name("static") / "notifications" / "words"
# What only the server says, nearly all on the dashboard, a folder a language: browsers need not load it.
STAFF_TABLES = Path(__file__).with_name("dashboard") / "words"
FALLBACK = "en"
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


def language() -> str:
    """The language of this request, of those there is a table for."""
    short = (get_language() or FALLBACK).partition("-")[0]
    return short if (TABLES / f"{short}.json").exists() else FALLBACK


def direction() -> str:
    return "rtl" if language() in RIGHT_TO_LEFT else "ltr"


def say(key: str, **values: object) -> str:
    """The phrase under this key, its ``{names}`` filled in. Raises `KeyError` for an unknown key."""
    phrase = _table(language())[key]
    if not isinstance(phrase, str):
        raise TypeError(f"{key!r} has plural forms: only the components in the browser say it")
    for name, value in values.items():
        phrase = phrase.replace(f"{{{name}}}", str(value))
    return phrase


def refusal(error: Refusal) -> str:
    """Why not, in the reader's language; what no page can lead to has its text for programs alone."""
    return say(f"refused_{error.reason}", **error.values) if error.reason else str(error)


@cache
def _table(language: str) -> dict[str, str | dict[str, str]]:
    table: dict[str, str | dict[str, str]] = {}
    for file in (TABLES / f"{language}.json", *sorted((STAFF_TABLES / language).glob("*.json"))):
        part = json.loads(file.read_text(encoding="utf-8"))
        if twice := part.keys() & table.keys():
            raise ValueError(f"{file.name} says again: {', '.join(sorted(twice))}")
        table |= part
    return table
