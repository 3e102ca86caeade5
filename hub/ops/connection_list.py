"""Whose connections are open in this process, as staff ask for them."""

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

SHOWN = 50  # connections an answer, so that it is far below what an event carries
TOPICS = 5
MAX_CODE = 180  # characters; a topic carries it
KINDS = ("", "feed", "room")


class BadFilter(Refusal, ValueError):
    """Filters that cannot be asked for; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Filter:
    """``person`` is an id or a name, ``address`` a beginning; what is empty is not asked."""

    person: str = ""
    topic: str = ""
    kind: str = ""
    address: str = ""
    older_s: int = 0

    def admits(self, subscriber: Subscriber, kind: str, now: float) -> bool:
        person = subscriber.person
        return (
            self.kind in ("", kind)
            and self.person in ("", person.id, person.name)
            and (not self.topic or self.topic in subscriber.topics)
            and subscriber.address.startswith(self.address)
            and now - subscriber.came_at >= self.older_s
        )


def code(**asked: Any) -> str:
    """A filter as part of a topic; raise `BadFilter`."""
    known = {field.name: field.type for field in fields(Filter)}
    for name, value in asked.items():
        if name not in known:
            raise BadFilter(f"There is no filter {name[:40]!r}: use {', '.join(known)}.")
        if type(value).__name__ != known[name]:
            raise BadFilter(f"{name} is not of type {known[name]}.")
    filter = Filter(**asked)
    if filter.kind not in KINDS or filter.older_s < 0:
        raise BadFilter("kind is feed or room, and older_s is 0 or more.")
    said = {name: value for name, value in asdict(filter).items() if value}
    text = base64.urlsafe_b64encode(json.dumps(said, separators=(",", ":")).encode()).decode().rstrip("=")
    if len(text) > MAX_CODE:
        raise BadFilter("These filters are too long together: shorten one, or leave one out.", "long_filters")
    return text


def decode(text: str) -> Filter:
    """Raise `ValueError` for what is no code."""
    try:
        asked = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("This is not the code of a filter.") from None
    if not isinstance(asked, dict) or code(**asked) != text:
        raise ValueError("This is not the code of a filter.")
    return Filter(**asked)


def census(filter: Filter, doors: Iterable[tuple[str, Iterable[Subscriber]]], now: float) -> dict[str, Any]:
    """``{"matching": n, "connections": […]}`` of these doors, each named by its kind; the newest first."""
    found = [
        (subscriber.number, kind, subscriber)
        for kind, subscribers in doors
        for subscriber in subscribers
        if filter.admits(subscriber, kind, now)
    ]
    newest = nlargest(SHOWN, found, key=lambda one: one[0])
    return {"matching": len(found), "connections": [_shown(kind, one, now) for _, kind, one in newest]}


def _shown(kind: str, subscriber: Subscriber, now: float) -> dict[str, Any]:
    return {
        "number": subscriber.number,
        "kind": kind,
        "person": {"id": subscriber.person.id, "name": subscriber.person.name},
        "address": subscriber.address,
        "topics": list(subscriber.topics[:TOPICS]),
        "more_topics": max(0, len(subscriber.topics) - TOPICS),
        "age_s": round(now - subscriber.came_at),
        "waiting_bytes": subscriber.waiting,
    }
