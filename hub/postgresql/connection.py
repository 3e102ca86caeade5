"""Connections to PostgreSQL that are refused while it is away, and given up when it hangs."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar

import psycopg
from psycopg.abc import PQGen

from hub.postgresql.breaker import Breaker
from hub.postgresql.probe import probe, renew_pool
from hub.postgresql.queries import RunningQueries

RV = TypeVar("RV")

LOCK_TIMEOUT_S = 5
GRACE_S = 2  # for the server to end a statement itself
# Nothing is set behind a pooler, which gives the session to others, and invents the process id that it tells.
_SET_LIMITS = """
    SELECT set_config('statement_timeout', %s, false), set_config('lock_timeout', %s, false),
        set_config('idle_in_transaction_session_timeout', %s, false)
    WHERE pg_backend_pid() = %s
"""

queries = RunningQueries()
breaker = Breaker(probe, queries, renew_pool)


class HubConnection(psycopg.Connection[Any]):
    """A connection of the pool of `hub.postgresql`, which a process has for one database."""

    statement_s: ClassVar[float] = 0  # after which the server ends a statement; 0: never

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
        breaker.start()
        breaker.check()
        connection = super().connect(conninfo, **kwargs)
        if cls.statement_s:
            statement, lock = (f"{round(s * 1000)}ms" for s in (cls.statement_s, LOCK_TIMEOUT_S))
            backend = connection.info.backend_pid
            try:
                connection.execute(_SET_LIMITS, [statement, lock, statement, backend])
            except psycopg.Error:
                connection.close()
                raise
        return connection

    def wait(self, gen: PQGen[RV], *args: Any, **kwargs: Any) -> RV:
        queries.begin(self)
        answered = True
        try:
            return super().wait(gen, *args, **kwargs)
        except psycopg.errors.ReadOnlySqlTransaction:
            # Of a server that was the primary once, perhaps: another may be that now.
            breaker.suspect(lost=True)
            raise
        except psycopg.Error:
            if self.closed:
                answered = False
                breaker.suspect(lost=True)
            raise
        finally:
            queries.end(self, answered=answered)


def limit_statements(seconds: float) -> None:
    """Have connections made from now on end statements and idle transactions after ``seconds``; 0: never."""
    HubConnection.statement_s = seconds
    breaker.longest_query_s = seconds + GRACE_S if seconds else float("inf")
