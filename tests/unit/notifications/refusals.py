"""What a database does to one of two transactions that are in each other's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection

STATEMENTS = ('UPDATE "hub_notifications_notification"', 'UPDATE "hub_notifications_sending"')


class Refusal(Exception):
    """What the driver raises."""

    sqlstate = "40P01"


@contextmanager
def refused_updates(times: int) -> Iterator[list[str]]:
    """The database rolls the first transactions back that change what is sent; their statements."""
    refused: list[str] = []

    def execute(run: Callable[..., Any], sql: str, *args: Any) -> Any:
        if sql.startswith(STATEMENTS) and len(refused) < times:
            refused.append(sql)
            raise OperationalError("deadlock detected") from Refusal()
        return run(sql, *args)

    with connection.execute_wrapper(execute):
        yield refused
