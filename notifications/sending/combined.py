"""Sendings of threads that send at the same time: stored by one statement, published by one append.

What the database refuses of one does not fail the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import DatabaseError, DataError, IntegrityError

from hub.support.combiner import Combiner
from notifications.sending import outbox, rows
from notifications.sending.rows import Stored

MAX_ROWS = 16  # of a sending; a larger one is stored by itself
PROGRAM_LIMIT = "54"  # the class of PostgreSQL's errors about a row that is too large


def store(sending: Stored) -> None:
    """Store and publish a sending, outside any transaction. Raises what the database raises for it."""
    _combiner.run(sending)


def _store_all(sendings: Sequence[Stored]) -> Sequence[Exception | None]:
    errors: list[Exception | None] = [None] * len(sendings)
    try:
        rows.insert(sendings)
    except DatabaseError as error:
        if len(sendings) == 1 or not _is_about_one(error):
            return [error] * len(sendings)
        errors = [_error_of(sending) for sending in sendings]
    stored = [several for (_, several), error in zip(sendings, errors, strict=True) if error is None]
    outbox.publish_now([row for several in stored for row in several])
    return errors


def _error_of(sending: Stored) -> Exception | None:
    try:
        rows.insert([sending])
    except DatabaseError as error:
        return error
    return None


def _is_about_one(error: DatabaseError) -> bool:
    """Whether a value of one sending is at fault, and nothing was stored."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return isinstance(error, DataError | IntegrityError) or state.startswith(PROGRAM_LIMIT)


_combiner = Combiner(_store_all)
