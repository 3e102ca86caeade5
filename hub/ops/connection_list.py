"""The open connections of this process that match a filter, for the dashboard."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from heapq import nlargest
from typing import Any

from hub.delivery.subscriber import Subscriber
from hub.errors import Refusal

MAX_CONNECTIONS_LISTED = 50  # so that an event carries them with room to spare
MAX_TOPICS_LISTED = 5  # of each connection
MAX_CODE_LENGTH = 180  # characters; it is part of a topic
KINDS = ("", "feed", "room")


class BadFilter(Refusal, ValueError):
    """Filters that cannot be used together or at all; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Filter:
    """``person`` is an id or a name, ``address`` a prefix; an empty field matches everything."""

    person: str = ""
    topic: str = ""
    kind: str = ""
    address: str = ""
    older_s: int = 0

    def matches(self, subscriber: Subscriber, kind: str, now: float) -> bool:
        person = subscriber.person
        return (
            self.kind in ("", kind)
            and self.person in ("", person.id, person.name)
            and (not self.topic or self.topic in subscriber.topics)
            and subscriber.address.startswith(self.address)
            and now - subscriber.opened_at >= self.older_s
        )


def encode(**values: Any) -> str:
    """Encode the fields of a `Filter` as part of a staff topic; raise `BadFilter`."""
    types = {field.name: field.type for field in fields(Filter)}
    for name, value in values.items():
        if name not in types:
            raise BadFilter(f"There is no filter {name[:40]!r}: use {', '.join(types)}.")
        if type(value).__name__ != types[name]:
            raise BadFilter(f"{name} is not of type {types[name]}.")
    filter = Filter(**values)
    if filter.kind not in KINDS or filter.older_s < 0:
        raise BadFilter("kind is feed or room, and older_s is 0 or more.")
    given = {name: value for name, value in asdict(filter).items() if value}
    text = base64.urlsafe_b64encode(json.dumps(given, separators=(",", ":")).encode()).decode().rstrip("=")
    if len(text) > MAX_CODE_LENGTH:
        raise BadFilter("These filters are too long together: shorten one, or leave one out.", "long_filters")
    return text


def decode(text: str) -> Filter:
    """The filter that `encode` made a text of; raise `ValueError` for any other text."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("This is not an encoded filter.") from None
    if not isinstance(values, dict) or encode(**values) != text:
        raise ValueError("This is not an encoded filter.")
    return Filter(**values)


def matching(
    filter: Filter, connections: Iterable[tuple[str, Iterable[Subscriber]]], now: float
) -> dict[str, Any]:
    """``{"matching": n, "connections": […]}``, the newest first; ``connections`` come by kind."""
    found = [
        (subscriber.number, kind, subscriber)
        for kind, subscribers in connections
        for subscriber in subscribers
        if filter.matches(subscriber, kind, now)
    ]
    newest = nlargest(MAX_CONNECTIONS_LISTED, found, key=lambda one: one[0])
    return {"matching": len(found), "connections": [_describe(kind, one, now) for _, kind, one in newest]}


def _describe(kind: str, subscriber: Subscriber, now: float) -> dict[str, Any]:
    return {
        "number": subscriber.number,
        "kind": kind,
        "person": {"id": subscriber.person.id, "name": subscriber.person.name},
        "address": subscriber.address,
        "topics": list(subscriber.topics[:MAX_TOPICS_LISTED]),
        "more_topics": max(0, len(subscriber.topics) - MAX_TOPICS_LISTED),
        "age_s": round(now - subscriber.opened_at),
        "waiting_bytes": subscriber.waiting,
    }
