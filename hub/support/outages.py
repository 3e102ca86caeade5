"""What a part failed in: told to the client as 503, to the operator in the log, and not once a request."""

from __future__ import annotations

import logging
import time

from django.db import Error as DatabaseError
from redis.exceptions import RedisError

from hub.errors import Problem, Unavailable

TELL_EVERY_S = 10.0  # the log is told of failures of one kind no oftener
COME_BACK_S = 2

logger = logging.getLogger(__name__)

_told: dict[tuple[str, type[Exception]], float] = {}


def problem(error: Exception, doing: str) -> Problem:
    """A `Problem` of 503 that says which part is away, never what it said; ``doing`` is for the log."""
    known = _known(error)
    now = time.monotonic()
    if now - _told.get((doing, type(error)), float("-inf")) >= TELL_EVERY_S:
        _told[doing, type(error)] = now
        if known:
            logger.warning("%s failed: %s: %s", doing, type(error).__name__, error)
        else:
            logger.error("%s failed", doing, exc_info=error)
    return Problem(503, known or "Something failed here: come back in a moment.", retry_after=COME_BACK_S)


def _known(error: Exception) -> str:
    match error:
        case DatabaseError():
            return "The database is away: come back in a moment."
        case Unavailable(part=part):
            return f"The {part} is away: come back in a moment."
        case RedisError():
            return "The log is away: come back in a moment."
        case TimeoutError():
            return "The database does not answer in time: come back in a moment."
    return ""
