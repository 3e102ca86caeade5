"""Ids in the query string or path of a page; whatever is no id is answered 404."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

MAX_ROW_ID = 2**63 - 1
MAX_DIGITS = len(str(MAX_ROW_ID))


def row_id(text: str) -> int:
    """The id of a row. Raises `Http404`."""
    # int() also reads other scripts' digits, and refuses to read very many.
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS) or int(text) > MAX_ROW_ID:
        raise Http404("This is not an id.")
    return int(text)


def uuid(text: str) -> UUID:
    """The id of a sending or a notification. Raises `Http404`."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404("This is not an id.") from None
