"""The Cookie header of a request, without cookies that this hub did not set."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import parse_cookie

_SESSION = re.compile(r'"?[a-z0-9]{8,40}"?')
_SIGNED_SESSION = re.compile(r'"?[A-Za-z0-9_.:=-]{8,4096}"?')
_CSRF = re.compile(r'"?[A-Za-z0-9]{32,64}"?')

# Engines whose cookies are keys; others sign the session's data, or are a project's own.
_KEYED_ENGINES = frozenset(
    f"django.contrib.sessions.backends.{name}" for name in ("db", "cached_db", "cache", "file")
)


def clean(header: str) -> str:
    """A Cookie header without malformed cookies.

    A backslash is dropped before any parser sees it: unquoted it becomes any byte, NUL among them, and
    `http.cookies` takes quadratic time over many of them before Python 3.11.10.
    """
    session = _SESSION if settings.SESSION_ENGINE in _KEYED_ENGINES else _SIGNED_SESSION
    patterns = {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: _CSRF}
    kept = []
    for pair in header.split(";"):
        name, _, value = pair.partition("=")
        pattern = patterns.get(name.strip())
        if "\\" not in pair and (pattern is None or pattern.fullmatch(value.strip())):
            kept.append(pair)
    return ";".join(kept)


def session(header: str) -> str:
    """The session key in a Cookie header, as Django reads it; empty without a well-formed one."""
    return parse_cookie(clean(header)).get(settings.SESSION_COOKIE_NAME, "") if header else ""
