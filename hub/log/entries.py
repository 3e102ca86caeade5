"""Events in messages and streams of Redis, parsed strictly: other programs may write there, too."""

from __future__ import annotations

import json
import re

from hub import topics
from hub.events import Event

MAX_BODY_BYTES = 1024 * 1024  # the hub itself appends far less …
MAX_UPDATE_BODY_BYTES = 3 * 1024 * 1024  # … but for a change of a document, which is its text in Base64
UPDATE = "update"  # the type of such a change, on the topic of its room

_POSITION = re.compile(rb"[0-9]{1,16}")
_TYPE = re.compile(rb"[a-z][a-z0-9-]{0,63}")


class Malformed(ValueError):
    """Not an event; the text says why."""


def message(topic: str, payload: bytes) -> Event:
    """The event in a message on a topic: position, previous, type and body; raise `Malformed`."""
    parts = payload.split(b" ", 3)
    if len(parts) != 4:
        raise Malformed(f"{payload[:60]!r} does not have four parts")
    return entry(topic, *parts)


def entry(topic: str, position: bytes, previous: bytes, type: bytes, body: bytes) -> Event:
    """The event of a stream entry; raise `Malformed` for one that could not be sent to readers as it is."""
    if not (_POSITION.fullmatch(position) and _POSITION.fullmatch(previous)):
        raise Malformed(f"{position[:20]!r} after {previous[:20]!r} are not positions")
    if not _TYPE.fullmatch(type):
        raise Malformed(f"{type[:60]!r} is not a type")
    event = Event(int(position), int(previous), topic, type.decode(), body)
    if event.previous >= event.position:
        raise Malformed(f"{event.position} does not stand after {event.previous}")
    _check(event)
    return event


def _check(event: Event) -> None:
    body, is_room = event.body, topics.is_room(event.topic)
    if len(body) > (MAX_UPDATE_BODY_BYTES if is_room and event.type == UPDATE else MAX_BODY_BYTES):
        raise Malformed(f"its body is {len(body)} bytes")
    # A line break would end the data on a feed, and begin another field.
    if not body or b"\n" in body or b"\r" in body:
        raise Malformed(f"its body is not one line: {body[:60]!r}")
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            raise Malformed("its body is not UTF-8") from None
    # Readers of a feed parse the JSON themselves; a room's message becomes a frame, and a row.
    if is_room and not _is_object(body):
        raise Malformed(f"its body is not an object: {body[:60]!r}")


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
