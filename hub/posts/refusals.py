"""Why an event is not published, as a problem (RFC 9457)."""

from __future__ import annotations

from hub.errors import Problem
from hub.events import BadEvent, BadKey, TooLarge
from hub.log import KeyReused, LogAway, LogFull, RateExceeded
from hub.topics import BadTopic


def problem(error: Exception) -> Problem | None:
    """The problem to answer for what an event or the log raises; None for any other error."""
    match error:
        case Problem():
            return error
        case TooLarge():
            return Problem(413, str(error))
        case BadTopic():
            return Problem(422, str(error))
        case BadKey():
            return Problem(422, str(error), field="key")
        case BadEvent():
            return Problem(422, str(error), field="data")
        case LogFull():
            return Problem(
                429,
                f"This API key has used its share of the log; there is space in {error.seconds} s. Publish "
                "less, or to fewer topics.",
                retry_after=error.seconds,
            )
        case RateExceeded():
            return Problem(429, str(error), retry_after=error.seconds)
        case KeyReused():
            return Problem(422, "This Idempotency-Key was used with another body: use a new one.")
        case LogAway():
            return Problem(503, "The log is unavailable: nothing was published, try again.", retry_after=1)
    return None
