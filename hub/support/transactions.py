"""Transactions that the database may ask to repeat, and what follows a commit."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

MAX_ATTEMPTS = 5
MAX_PAUSE_S = 0.05  # before the second attempt; longer before each further one
SERIALIZATION_FAILURE, DEADLOCK, UNIQUE_VIOLATION = "40001", "40P01", "23505"  # as PostgreSQL names them

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(__name__)


def run(act: Callable[[], T]) -> T:
    """Run ``act`` in a transaction, and again if the database rolled it back for the sake of another one:
    a deadlock, a serialization failure, or a unique value that another transaction has just stored.

    Within a transaction it runs once: only the outermost can be repeated. Raises the last error.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            return act()
    for attempt in range(1, MAX_ATTEMPTS):
        committed: list[bool] = []
        try:
            with transaction.atomic():
                transaction.on_commit(partial(committed.append, True))
                return act()
        except (OperationalError, IntegrityError) as error:
            if committed or not _is_transient(error):
                raise
            logger.info("a transaction is repeated: %s", error)
        time.sleep(random.uniform(0, MAX_PAUSE_S * attempt))  # noqa: S311
    with transaction.atomic():
        return act()


def transactional(act: Callable[P, T]) -> Callable[P, T]:
    """A function that `run` runs."""

    @wraps(act)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return run(partial(act, *args, **kwargs))

    return call


def lock(namespace: int, slots: Iterable[int] = (0,)) -> None:
    """Hold PostgreSQL's advisory locks of these slots until the transaction ends; before any lock on a row.

    On SQLite a transaction that writes is alone anyway.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, slot) FROM unnest(%s::int[]) AS slot",
            [namespace, sorted(set(slots))],
        )


def after_commit(act: Callable[..., None], *args: Any) -> None:
    """Call ``act(*args)`` once the current transaction commits. An error is logged: what was committed must
    not be answered as failed."""

    # Django names a robust callback that fails by its __qualname__, which a partial has not.
    def call() -> None:
        act(*args)

    transaction.on_commit(call, robust=True)


def _is_transient(error: DatabaseError) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    if state is None:  # SQLite
        return isinstance(error, IntegrityError) and "UNIQUE" in str(error)
    return state in (SERIALIZATION_FAILURE, DEADLOCK, UNIQUE_VIOLATION)
