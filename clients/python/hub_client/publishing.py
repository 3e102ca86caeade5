"""Calls of the API, without I/O: what is sent, how often it is tried, and what comes back."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub_client import errors
from hub_client.errors import HubError, Refused, Unreachable
from hub_client.steps import Answer, Call, CallSteps, Request, Sleep

MAX_EVENTS = 500  # in one request
BACKOFF_S = 0.2
MAX_BACKOFF_S = 10.0
RETRIED = (429, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Draft:
    """A live event to publish. ``key`` names the value that it is of, on topics that keep the latest ones."""

    topic: str
    type: str
    data: Any = None
    key: str | None = None

    def as_json(self) -> dict[str, Any]:
        given = {"topic": self.topic, "type": self.type, "data": self.data}
        return given if self.key is None else {**given, "key": self.key}


@dataclass(frozen=True, slots=True)
class Sent:
    """A notification that was created; without ``position`` it is committed, and on its way."""

    id: str
    topic: str
    position: str | None


@dataclass(frozen=True, slots=True)
class Token:
    """A subscriber token, and the ticket that opens one feed with the same rights."""

    token: str
    ticket: str
    expires_at: str


def call(request: Request, deadline_s: float, read: Callable[[Any], Any]) -> CallSteps:
    """What is ``read`` of the answer's JSON. What the hub cannot do now is tried again until the deadline.

    Raises `Refused` or `Unreachable`.
    """
    until = time.monotonic() + deadline_s
    attempt = 0
    while True:
        try:
            answer: Answer = yield Call(request)
        except Unreachable as error:
            failure: Refused | Unreachable = error
        else:
            if answer.status < 300:
                return _read(answer, read)
            failure = errors.refusal(answer.status, answer.headers, answer.body)
            if not _is_retried(failure):
                raise failure
        wait_s = backoff_s(attempt) + (getattr(failure, "retry_after", None) or 0)
        if time.monotonic() + wait_s > until:
            raise failure
        yield Sleep(wait_s)
        attempt += 1


def backoff_s(attempt: int, base_s: float = BACKOFF_S, max_s: float = MAX_BACKOFF_S) -> float:
    """How long to wait after so many failures: anything up to a bound that doubles (full jitter)."""
    return random.uniform(0, min(max_s, base_s * 2 ** min(attempt, 16)))  # noqa: S311


def publish(draft: Draft, deadline_s: float) -> CallSteps:
    """The position of the event."""
    return call(once("/api/v1/events", draft.as_json()), deadline_s, lambda found: str(found["position"]))


def publish_many(drafts: Iterable[Draft], deadline_s: float) -> CallSteps:
    """The positions of the events, which are published in order, up to `MAX_EVENTS` at once."""
    given = list(drafts)
    positions: list[str] = []
    until = time.monotonic() + deadline_s
    for start in range(0, len(given), MAX_EVENTS):
        body = {"events": [one.as_json() for one in given[start : start + MAX_EVENTS]]}
        left_s = max(0.0, until - time.monotonic())
        try:
            request = once("/api/v1/events", body)
            positions += yield from call(request, left_s, lambda found: [*map(str, found["positions"])])
        except HubError as error:
            error.published = tuple(positions)
            raise
    return positions


def notify(to: str | Sequence[str], title: str, fields: Mapping[str, Any], deadline_s: float) -> CallSteps:
    """The notifications that were created, one for each address."""

    def read(found: Any) -> list[Sent]:
        return [Sent(one["id"], one["topic"], one["position"]) for one in found["notifications"]]

    body = {"to": [to] if isinstance(to, str) else list(to), "title": title, **fields}
    return call(once("/api/v1/notifications", body), deadline_s, read)


def issue_token(user: str, topics: Sequence[str], ttl_s: int, deadline_s: float) -> CallSteps:
    """A token with which a person's programs read."""

    def read(found: Any) -> Token:
        return Token(found["token"], found["ticket"], found["expires_at"])

    body = {"user": user, "topics": list(topics), "ttl": ttl_s}
    return call(Request("POST", "/api/v1/tokens", body), deadline_s, read)


def once(path: str, body: Any) -> Request:
    """A request with a key of its own: sent twice, it is done once."""
    return Request("POST", path, body, {"Idempotency-Key": uuid.uuid4().hex})


def _is_retried(failure: Refused) -> bool:
    return failure.status in RETRIED or (failure.status == 409 and failure.retry_after is not None)


def _read(answer: Answer, read: Callable[[Any], Any]) -> Any:
    try:
        return read(json.loads(answer.body))
    except (ValueError, KeyError, TypeError):
        raise Unreachable(f"what answered is not a hub: {answer.body[:80]!r}") from None
