"""Feeds with ``format=html``: for libraries that put an event's data into the page as they are (htmx, Turbo).

Of an event that was published as markup (`hub.publish_html`) the data are the markup alone. Of any other they
are the JSON as ever, in which ``<`` and ``&`` are escaped: put into a page by mistake, they are text.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from hub.events import MAX_DATA_BYTES, Encoded
from hub.feeds.sse import chunked
from hub.feeds.transports import Headers

MAX_CONVERTED = 64  # events that are kept for the other readers of an instance …
MAX_CONVERTED_BYTES = 2 * MAX_DATA_BYTES  # … of this size at most

_DATA, _MESSAGE = b"data: ", b"event: message"
_MARK = b'"html":true'  # in the envelope, where `hub.events.draft` writes it
_BREAK = re.compile("\r\n|\r|\n")  # WHATWG HTML, 9.2.5


class Markup:
    """The translation of such feeds, the same for all: see `hub.feeds.translation`."""

    empty = incomplete = over = False
    resumable = True

    def fields(self, headers: Headers) -> Headers:
        return headers

    def translate(self, payload: bytes) -> Encoded:
        return _converted(payload) if len(payload) <= MAX_CONVERTED_BYTES else chunked(markup(payload))

    def translate_chunk(self, chunk: bytes) -> bytes | None:
        return None

    async def translate_poll(self, payload: bytes) -> bytes:
        return markup(payload)

    async def complete(self) -> Encoded:
        raise RuntimeError("markup is never incomplete")


MARKUP = Markup()


def markup(payload: bytes) -> bytes:
    """The same blocks of an event stream for a feed with ``format=html``."""
    fields: list[bytes] = []
    for field in payload.split(b"\n"):
        if not field.startswith(_DATA):
            fields.append(field)
        elif (html := _html(field)) is None:
            fields.append(field.replace(b"<", b"\\u003c").replace(b"&", b"\\u0026"))
        else:
            if fields and fields[-1] == _MESSAGE:
                fields.pop()  # the default; htmx 4 swaps in only what has no type
            fields += [_DATA + row.encode() for row in _BREAK.split(html)]
    return b"\n".join(fields)


@lru_cache(MAX_CONVERTED)
def _converted(payload: bytes) -> Encoded:
    return chunked(markup(payload))


def _html(field: bytes) -> str | None:
    """The markup in an event's body; None if there is none, or the mark is in what its publisher sent."""
    if _MARK not in field:
        return None
    try:
        body = json.loads(field.removeprefix(_DATA))
    except (ValueError, RecursionError):  # of another program
        return None
    if not (isinstance(body, dict) and body.get("html") is True):
        return None
    return body["data"] if isinstance(body.get("data"), str) else None
