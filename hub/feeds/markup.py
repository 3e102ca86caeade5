"""Feeds with ``format=html``: for libraries that put an event's data into the page as they are (htmx, Turbo).

Of an event that was published as markup (`hub.publish_html`) the data are the markup alone. Of any other they
are the JSON as ever, in which ``<`` and ``&`` are escaped: put into a page by mistake, they are text.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from hub.delivery.subscriber import Subscriber
from hub.events import Encoded
from hub.feeds.sse import chunk

MAX_CONVERTED = 64  # events that are kept for the other readers of an instance

_DATA, _MESSAGE = b"data: ", b"event: message"
_MARK = b'"html":true'  # in the envelope, where `hub.events.draft` writes it
_BREAK = re.compile("\r\n|\r|\n")  # WHATWG HTML, 9.2.5


class MarkupSubscriber(Subscriber):
    """The fan-out encodes an event once for all readers of a topic, so this one converts what it is sent."""

    __slots__ = ()

    def put(self, encoded: Encoded) -> None:
        super().put(_converted(encoded.payload))

    def _changed(self) -> None:
        self._wake()  # and never direct: the fan-out would send what is not converted


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
    data = markup(payload)
    return Encoded(data, chunk(data))


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
