"""A policy of topics, and its JSON as the API, `HUB_TOPICS` and the rows of the admin have it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from hub.errors import Refusal
from hub.policies import pattern as patterns

MAX_POLICIES = 1000  # of the setting, and of rows
MAX_HISTORY_EVENTS = 1_000_000
MAX_HISTORY_S = 366 * 24 * 3600
MIN_HISTORY_BYTES, MAX_HISTORY_BYTES = 1024, 16 * 1024**2  # as `hub.log.MAX_TOPIC_BYTES`
MIN_COALESCE_MS, MAX_COALESCE_MS = 10, 10_000
MIN_RATE, MAX_RATE = 0.01, 100_000  # events per second on one topic
MAX_EVENT_BYTES = 64 * 1024  # of an event's data, as `hub.events.MAX_DATA_BYTES`
MAX_AUDIENCES = 50  # in each of `read` and `publish`

FIELDS = (
    "pattern",
    "history",
    "latest",
    "coalesce_ms",
    "coalesce",
    "max_rate",
    "max_bytes",
    "read",
    "publish",
)
HISTORY_FIELDS = ("events", "seconds", "bytes")
RULES = ("last", "join")  # of coalescing

_AUDIENCE = re.compile(r"everyone|owner|(?:group|user):[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,254}")


class BadPolicy(Refusal, ValueError):
    """Not a policy; ``field`` names what is wrong (``history.events``; empty: the whole), the text says what
    to do."""

    def __init__(self, field: str, text: str, reason: str = "", /, **values: object) -> None:
        super().__init__(text, reason, **values)
        self.field = field


@dataclass(frozen=True, slots=True)
class TopicPolicy:
    """What holds for each topic that matches ``pattern``; None is what the settings say.

    ``max_events``, ``max_age_s`` and ``max_history_bytes`` bound what the log keeps of a topic. ``latest``:
    the last event of each key is kept, and sent to new readers. ``coalesce_ms`` is 0 where events are not
    coalesced, else ``coalesce`` is the rule: ``last`` of each key, or ``join`` texts. ``max_rate`` is in
    events a second on one topic, ``max_event_bytes`` of an event's data. ``read`` and ``publish`` name
    audiences: ``everyone``, ``owner``, ``group:…``, ``user:…``.
    """

    pattern: str
    max_events: int | None = None
    max_age_s: int | None = None
    max_history_bytes: int | None = None
    latest: bool = False
    coalesce_ms: int = 0
    coalesce: str = ""
    max_rate: float | None = None
    max_event_bytes: int | None = None
    read: tuple[str, ...] | None = None
    publish: tuple[str, ...] = ()

    @property
    def keyed(self) -> bool:
        """Whether each event has to say of which value it is."""
        return self.latest or self.coalesce == "last"


def parse(data: object) -> TopicPolicy:
    """The policy in parsed JSON. A field that is null or missing is not set. Raises `BadPolicy`."""
    found = _object("", data, FIELDS)
    pattern = found.get("pattern")
    if not isinstance(pattern, str):
        raise BadPolicy("pattern", "give a topic, or a prefix with *: job-42, job-*.")
    try:
        patterns.check(pattern)
    except patterns.BadPattern as bad:
        raise BadPolicy("pattern", str(bad), bad.reason, **bad.values) from None
    history = _object("history", {} if found.get("history") is None else found["history"], HISTORY_FIELDS)
    policy = TopicPolicy(
        pattern=pattern,
        max_events=_integer("history.events", history.get("events"), 1, MAX_HISTORY_EVENTS),
        max_age_s=_integer("history.seconds", history.get("seconds"), 1, MAX_HISTORY_S),
        max_history_bytes=_integer(
            "history.bytes", history.get("bytes"), MIN_HISTORY_BYTES, MAX_HISTORY_BYTES
        ),
        latest=_one_of("latest", found.get("latest"), ("key",)) == "key",
        coalesce_ms=_integer("coalesce_ms", found.get("coalesce_ms"), MIN_COALESCE_MS, MAX_COALESCE_MS) or 0,
        coalesce=_one_of("coalesce", found.get("coalesce"), RULES),
        max_rate=_number("max_rate", found.get("max_rate"), MIN_RATE, MAX_RATE),
        max_event_bytes=_integer("max_bytes", found.get("max_bytes"), 1, MAX_EVENT_BYTES),
        read=_audiences("read", found.get("read")),
        publish=_audiences("publish", found.get("publish")) or (),
    )
    _check_coalescing(policy)
    return policy


def as_json(policy: TopicPolicy) -> dict[str, Any]:
    """The policy as `parse` reads it, with null for what is not set."""
    history = (policy.max_events, policy.max_age_s, policy.max_history_bytes)
    return {
        "pattern": policy.pattern,
        "history": None if history == (None,) * 3 else dict(zip(HISTORY_FIELDS, history, strict=True)),
        "latest": "key" if policy.latest else None,
        "coalesce_ms": policy.coalesce_ms or None,
        "coalesce": policy.coalesce or None,
        "max_rate": policy.max_rate,
        "max_bytes": policy.max_event_bytes,
        "read": None if policy.read is None else list(policy.read),
        "publish": list(policy.publish),
    }


def _check_coalescing(policy: TopicPolicy) -> None:
    if policy.coalesce and not policy.coalesce_ms:
        raise BadPolicy("coalesce_ms", f"coalesce takes coalesce_ms, {MIN_COALESCE_MS} to {MAX_COALESCE_MS}.")
    if policy.coalesce_ms and not policy.coalesce:
        raise BadPolicy("coalesce", "coalesce_ms takes a rule: coalesce is last or join.")
    if policy.latest and policy.coalesce == "join":
        raise BadPolicy(
            "coalesce",
            "join keeps every text, latest the last value of a key: set one of them, or coalesce to last.",
        )


def _object(field: str, data: object, known: tuple[str, ...]) -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        raise BadPolicy(field, f"give an object with {', '.join(known)}.")
    for name in data:
        if name not in known:
            path = f"{field}.{name}" if field else f"{name}"
            raise BadPolicy(path[:100], f"unknown field: use {', '.join(known)}.")
    return data


def _integer(field: str, value: object, minimum: int, maximum: int) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
        raise BadPolicy(field, f"use a whole number from {minimum} to {maximum}, or null.")
    return value


def _number(field: str, value: object, minimum: float, maximum: float) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not minimum <= value <= maximum:
        raise BadPolicy(field, f"use a number from {minimum} to {maximum}, or null.")
    return value


def _one_of(field: str, value: object, known: tuple[str, ...]) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or value not in known:
        raise BadPolicy(field, f"use {' or '.join(known)}, or null.")
    return value


def _audiences(field: str, value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        _refuse_audience(field)
    if len(value) > MAX_AUDIENCES:
        raise BadPolicy(field, f"name at most {MAX_AUDIENCES} audiences; put more people into a group.")
    for position, name in enumerate(value):
        if not isinstance(name, str) or not _AUDIENCE.fullmatch(name):
            _refuse_audience(f"{field}.{position}")
    return tuple(dict.fromkeys(value))


def _refuse_audience(field: str) -> NoReturn:
    raise BadPolicy(field, 'use a list of "everyone", "owner", "group:…" and "user:…", or null.')
