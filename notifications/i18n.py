"""Texts of the pages in the reader's language, from the tables that the browser's components read too."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

from hub.errors import Refusal

TABLES = Path(__file__).with_name("static") / "notifications" / "words"
# Texts that only the server needs, nearly all of the dashboard, one folder per language.
STAFF_TABLES = Path(__file__).with_name("dashboard") / "words"
FALLBACK = "en"
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


def language() -> str:
    """The language of this request, out of those that have a table."""
    short = (get_language() or FALLBACK).partition("-")[0]
    return short if (TABLES / f"{short}.json").exists() else FALLBACK


def direction() -> str:
    """ "rtl" or "ltr", for the ``dir`` attribute."""
    return "rtl" if language() in RIGHT_TO_LEFT else "ltr"


def say(key: str, **values: object) -> str:
    """The text of this key, with its ``{names}`` filled in. Raises `KeyError` for an unknown key."""
    phrase = _table(language())[key]
    if not isinstance(phrase, str):
        raise TypeError(f"{key!r} has plural forms, which only the browser's components support")
    for name, value in values.items():
        phrase = phrase.replace(f"{{{name}}}", str(value))
    return phrase


def refusal(error: Refusal) -> str:
    """The refusal in the reader's language; in English if no page can cause it."""
    return say(f"refused_{error.reason}", **error.values) if error.reason else str(error)


@cache
def _table(language: str) -> dict[str, str | dict[str, str]]:
    table: dict[str, str | dict[str, str]] = {}
    for file in (TABLES / f"{language}.json", *sorted((STAFF_TABLES / language).glob("*.json"))):
        part = json.loads(file.read_text(encoding="utf-8"))
        if twice := part.keys() & table.keys():
            raise ValueError(f"{file.name} repeats: {', '.join(sorted(twice))}")
        table |= part
    return table
