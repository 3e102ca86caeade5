"""The cookies of a request: those that no engine of ours makes are as if they had not come."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import parse_cookie

_SESSION = re.compile(r'"?[a-z0-9]{8,40}"?')
_CSRF = re.compile(r'"?[A-Za-z0-9]{32,64}"?')


def clean(line: str) -> str:
    """A Cookie header without what is malformed.

    A backslash is dropped before any parser sees it: unquoted it becomes any byte, NUL among them, and
    `http.cookies` takes quadratic time over many of them before Python 3.11.10.
    """
    forms = {settings.SESSION_COOKIE_NAME: _SESSION, settings.CSRF_COOKIE_NAME: _CSRF}
    kept = []
    for pair in line.split(";"):
        name, _, value = pair.partition("=")
        form = forms.get(name.strip())
        if "\\" not in pair and (form is None or form.fullmatch(value.strip())):
            kept.append(pair)
    return ";".join(kept)


def session(line: str) -> str:
    """The session's key in a Cookie header, as Django reads it; empty without one of the right form."""
    return parse_cookie(clean(line)).get(settings.SESSION_COOKIE_NAME, "") if line else ""
