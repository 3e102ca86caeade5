"""What a page is asked for by its address: what is none of ours leads to no page."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

MOST = 2**63 - 1  # that the id of a row can be
DIGITS = len(str(MOST))


def number(text: str) -> int:
    """The id of a row; raise `Http404`."""
    # Python reads other digits as well, and refuses to read very many.
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS) or int(text) > MOST:
        raise Http404("This is no number of a row.")
    return int(text)


def uuid(text: str) -> UUID:
    """Of a sending or a notification; raise `Http404`."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404("This is no id.") from None
