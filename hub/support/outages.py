"""Failures of a database or log: 503 to the client, and a log entry, though not one per request."""

from __future__ import annotations

import logging
import time

from django.db import Error as DatabaseError
from django.db import InterfaceError, InternalError, OperationalError
from redis.exceptions import RedisError

from hub.errors import Problem, Unavailable

LOG_INTERVAL_S = 10.0  # between log entries about failures of one kind
RETRY_AFTER_S = 2
# Of the database as a whole (away, read-only, too slow), not of a row or a request.
DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)

logger = logging.getLogger(__name__)

_logged_at: dict[tuple[str, type[Exception]], float] = {}


def problem(error: Exception, doing: str) -> Problem:
    """A `Problem` of 503 that names the unavailable part, never the error; ``doing`` is for the log entry."""
    detail = _detail(error)
    now = time.monotonic()
    if now - _logged_at.get((doing, type(error)), float("-inf")) >= LOG_INTERVAL_S:
        _logged_at[doing, type(error)] = now
        if detail:
            logger.warning("%s failed: %s: %s", doing, type(error).__name__, error)
        else:
            logger.error("%s failed", doing, exc_info=error)
    return Problem(503, detail or "Something failed here: try again in a moment.", retry_after=RETRY_AFTER_S)


def _detail(error: Exception) -> str:
    match error:
        case DatabaseError():
            return "The database is unavailable: try again in a moment."
        case Unavailable(part=part):
            return f"The {part} is unavailable: try again in a moment."
        case RedisError():
            return "The log is unavailable: try again in a moment."
        case TimeoutError():
            return "The database does not answer in time: try again in a moment."
    return ""
