"""Events: drafts, events with their position in the log, and the JSON of both."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

MAX_DATA_BYTES = 64 * 1024  # of JSON
MAX_VALUE_KEY = 200  # characters

# `json.dumps` would make one per call.
_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)
# `str.splitlines` ends a line at these, and so do clients that read an event stream with it; JSON escapes the
# other characters that it splits at.
_LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_POSITION = re.compile(r"[0-9]{1,16}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# What stands before the data in a body that `draft` made. No name or key of it can contain a bare quote.
_VALUE_KEY = re.compile(
    rb'\{"topic":"[^"]*","at":"[^"]*"(?:,"expires_at":"[^"]*")?,"key":("(?:[^"\\]|\\.)*")[,}]'
)
_DATA = b',"data":'
_TRACE = b',"trace":"'  # and a traceparent: see `hub.log.traced`
_TRACE_BYTES = len(_TRACE) + 55 + len(b'"}')


class BadEvent(ValueError):
    """Data that no event can have; the text tells the sender what to do."""


class TooLarge(BadEvent):
    """Data of more than `MAX_DATA_BYTES`."""


class BadKey(BadEvent):
    """A key that no value can have, or none where the topic's policy requires one."""


class Draft(NamedTuple):
    """An event before it has a position. ``body`` is its JSON.

    ``key`` makes the append idempotent for a day. ``removes`` is the key of an earlier event on the topic:
    the log forgets that event, or never appends it if it is yet to come. The event counts against the share
    of its ``owner``, if it has one. With a ``sender`` (a person's id), the key is of that sender on this
    topic, only their newest keys are remembered, and at most ``daily`` events of theirs are appended per day.
    ``value_key`` says of which of the topic's values the event is; in the JSON it is ``key``. The event
    ``edits`` the one at a position, if given, or ``ends`` it: the log forgets that, and its earlier edits.
    """

    topic: str
    type: str
    body: bytes
    key: str = ""
    removes: str = ""
    sender: str = ""
    daily: int = 0
    owner: str = ""
    value_key: str = ""
    edits: int = 0
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """An event in the log. On its topic there is nothing between ``previous`` and ``position``."""

    position: int
    previous: int
    topic: str
    type: str
    body: bytes

    @property
    def data(self) -> Any:
        """The parsed data. Raises `ValueError` or `KeyError` for a body without any."""
        return json.loads(self.body)["data"]


class Encoded:
    """An event or notice as bytes, encoded once for all readers: ``payload`` for ASGI's ``send()``,
    ``framed`` for the hub's own sockets, within the HTTP chunk that a feed needs."""

    __slots__ = ("framed", "payload")

    def __init__(self, payload: bytes, framed: bytes) -> None:
        self.payload = payload
        self.framed = framed


def draft(
    topic: str,
    type: str,
    data: Any,
    *,
    at: datetime | None = None,
    expires_at: datetime | None = None,
    key: str = "",
    removes: str = "",
    owner: str = "",
    value_key: str = "",
    by: str = "",
    html: bool = False,
) -> Draft:
    """A draft with this data (any JSON), encoded. Raises `BadEvent`, `BadKey` or `TooLarge`.

    Once it has expired it is not replayed to clients that come back. ``by`` is the id of the person who
    published it. ``html`` says that the data are markup of the project's own, which pages may show as it is:
    nothing that a client sent may be marked so.
    """
    encoded = encode(data)
    if len(encoded) > MAX_DATA_BYTES:
        raise TooLarge(f"data is {len(encoded)} bytes of JSON; at most {MAX_DATA_BYTES} are allowed.")
    extra = b"" if expires_at is None else b',"expires_at":"%s"' % stamp(expires_at).encode()
    if value_key:
        extra += b',"key":%s' % encode(check_value_key(value_key))
    if by:
        extra += b',"by":%s' % encode(by)
    if html:
        extra += b',"html":true'
    body = b'{"topic":%s,"at":"%s"%s,"data":%s}' % (_quoted(topic), stamp(at).encode(), extra, encoded)
    return Draft(topic, type, body, key, removes, owner=owner, value_key=value_key)


def person_owner(id: str) -> str:
    """The owner of the live events that a person (by id) published: see `Draft`."""
    return f"person:{id}"


def check_value_key(key: str) -> str:
    """Return ``key``. Raises `BadKey` if no value can have it."""
    if not 1 <= len(key) <= MAX_VALUE_KEY or _CONTROL.search(key):
        raise BadKey(f"A key is 1 to {MAX_VALUE_KEY} characters, without control characters.")
    try:
        key.encode()
    except UnicodeEncodeError:
        raise BadKey("A key is text: no lone surrogates.") from None
    return key


def value_key(body: bytes) -> str:
    """Which of its topic's values an event is of, from its body; empty if it does not say."""
    found = _VALUE_KEY.match(body)
    if found is None:
        return ""
    try:
        return str(json.loads(found[1]))
    except ValueError:
        return ""


def data_size(body: bytes) -> int:
    """How many bytes of JSON the data of a body that `draft` made are."""
    return len(body) - body.index(_DATA) - len(_DATA) - 1


def raw_data(body: bytes) -> bytes:
    """The JSON of the data of a body that `draft` made, without the trace that may follow."""
    begin = body.index(_DATA) + len(_DATA)
    # Within data every quote of a text is escaped, and an object ends with a brace of its own.
    traced = body[-_TRACE_BYTES:].startswith(_TRACE) and body.endswith(b'"}')
    return body[begin : -_TRACE_BYTES if traced else -1]


def encode(data: Any) -> bytes:
    """JSON on one line, in UTF-8. Raises `BadEvent` for what neither can represent."""
    try:
        text = _json.encode(data)
        if not text.isascii():
            for character, escape in _LINE_ENDS.items():
                text = text.replace(character, escape)
        return text.encode()
    except RecursionError:
        raise BadEvent("data is nested too deeply.") from None
    except (TypeError, ValueError):
        raise BadEvent("data must be JSON: no NaN, no Infinity, no lone surrogates.") from None


def stamp(at: datetime | None = None) -> str:
    """RFC 3339, UTC, milliseconds; now if not given."""
    if at is None:
        second, ms = divmod(time.time_ns() // 1_000_000, 1000)
        return f"{_second(second)}.{ms:03d}Z"
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=8)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=1024)
def _quoted(topic: str) -> bytes:
    return encode(topic)


def position(text: str) -> int:
    """Parse a position that a client sent. Raises `ValueError` with a text that describes one."""
    if not _POSITION.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a position: give the digits of an event's id.")
    return int(text)
