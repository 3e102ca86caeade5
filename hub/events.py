"""Events: drafts, events with their position in the log, and the JSON of both."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

MAX_DATA_BYTES = 64 * 1024  # bytes of JSON

# `json.dumps` would make one for every call.
_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_POSITION = re.compile(r"[0-9]{1,16}", re.ASCII)


class BadEvent(ValueError):
    """Data that cannot be an event's; the text says what to do."""


class TooLarge(BadEvent):
    """Data over `MAX_DATA_BYTES` bytes."""


class Draft(NamedTuple):
    """An event that has no position yet. ``key`` makes its append idempotent for a day; it counts against the
    share of its ``owner``, if it has one.

    ``removes`` is the key of an earlier event on the same topic that is taken back: the log forgets what
    it says, and does not append it any more if it had not yet.

    With a ``sender`` (a person's id) the key is that sender's own on this topic, of whose only the newest are
    remembered, and the sender may have ``daily`` events appended a day.
    """

    topic: str
    type: str
    body: bytes
    key: str = ""
    removes: str = ""
    sender: str = ""
    daily: int = 0
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """An event in the log. On its topic nothing stands between ``previous`` and ``position``."""

    position: int
    previous: int
    topic: str
    type: str
    body: bytes

    @property
    def data(self) -> Any:
        """What it says; raise `ValueError` or `KeyError` if it says nothing."""
        return json.loads(self.body)["data"]


class Encoded:
    """A message, encoded once for all readers: ``payload`` for a server's own ``send()``, ``framed`` for a
    socket of ours, with the chunk around it that a feed needs."""

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
    key: str = "",
    removes: str = "",
    owner: str = "",
) -> Draft:
    """Encode ``data`` (any JSON) once for every reader; raise `BadEvent` or `TooLarge`."""
    encoded = encode(data)
    if len(encoded) > MAX_DATA_BYTES:
        raise TooLarge(f"data is {len(encoded)} bytes of JSON; at most {MAX_DATA_BYTES} are allowed.")
    body = b'{"topic":%s,"at":"%s","data":%s}' % (_quoted(topic), stamp(at).encode(), encoded)
    return Draft(topic, type, body, key, removes, owner=owner)


def encode(data: Any) -> bytes:
    """JSON on one line, in UTF-8; raise `BadEvent` for what JSON or UTF-8 cannot say."""
    try:
        return _json.encode(data).encode()
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
    """Read a position that a client gives; raise `ValueError` saying what one looks like."""
    if not _POSITION.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a position: give the digits of an event's id.")
    return int(text)
