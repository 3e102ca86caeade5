"""What goes wrong, as exceptions. All of them are a `HubError`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class HubError(Exception):
    """Anything that the hub refuses or ends, and a hub that cannot be reached.

    ``published`` are the positions of those events of a `publish_many` that were published all the same.
    """

    published: tuple[str, ...] = ()


class RunStopped(HubError):
    """The run was stopped, or has ended otherwise: its producer is to stop."""


class Unreachable(HubError):
    """No answer: the network, or nobody at this address."""


class Refused(HubError):
    """The hub's answer to a request is an error (RFC 9457).

    ``detail`` says what to do, ``retry_after`` after how many seconds it may be tried again, if so, and
    ``problem`` is the whole answer.
    """

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.problem = problem
        self.detail = str(problem.get("detail") or problem.get("title") or f"HTTP {status}")
        self.retry_after = retry_after
        super().__init__(f"{status}: {self.detail}")


class BadRequest(Refused):
    """400: the request cannot be read."""


class Unauthorized(Refused):
    """401: the key or token is missing, unknown, revoked or expired."""


class Forbidden(Refused):
    """403: without the right; ``topics`` are those it is missing for, where the hub names them."""

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(self.problem.get("topics", ()))


class NotFound(Refused):
    """404, or 410: it does not exist, or no longer."""


class Conflict(Refused):
    """409: another request is in the way."""


class TooLarge(Refused):
    """413: send less."""


class Invalid(Refused):
    """422: understood, and wrong; ``field`` names the field, where the hub does."""

    @property
    def field(self) -> str | None:
        field = self.problem.get("field")
        return field if isinstance(field, str) else None


class TooFast(Refused):
    """429: beyond a rate or a limit."""


class Unavailable(Refused):
    """503, and any other failure of the server."""


class FeedEnded(HubError):
    """The hub closed a feed; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the hub closed the feed: {reason}")


class Revoked(FeedEnded):
    """A right that the feed depended on has ended."""


class Expired(FeedEnded):
    """The token has expired."""


class Slow(FeedEnded):
    """The feed was read too slowly."""


class Limit(FeedEnded):
    """A limit of the hub was reached."""


_BY_STATUS: dict[int, type[Refused]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    413: TooLarge,
    422: Invalid,
    429: TooFast,
}
_BY_REASON: dict[str, type[FeedEnded]] = {
    "revoked": Revoked,
    "expired": Expired,
    "slow": Slow,
    "limit": Limit,
}


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refused:
    """The exception for an answer that is an error; ``headers`` are by lower-case name."""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = None
    try:
        retry_after = max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        retry_after = None
    found = _BY_STATUS.get(status, Unavailable if status >= 500 else Refused)
    return found(status, problem if isinstance(problem, dict) else {}, retry_after)


def ended(reason: str) -> FeedEnded:
    """The exception for the reason of a ``stream-error``."""
    return _BY_REASON.get(reason, FeedEnded)(reason)
