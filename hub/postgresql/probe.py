"""Asks the database over a connection of its own, and replaces those of the pool."""

from __future__ import annotations

import threading

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

from hub.postgresql.queries import shut_down

TIMEOUT_S = 2  # to connect, and as long again for an answer


def probe() -> bool:
    """Whether the database can be written to; raises `psycopg.Error` if it does not answer in time."""
    params = connections[DEFAULT_DB_ALIAS].get_connection_params()
    params |= {"connect_timeout": TIMEOUT_S, "autocommit": True}
    with psycopg.connect(**params) as connection:
        # A pooler lets in whoever comes, and keeps the query until it has a server.
        deadline = threading.Timer(TIMEOUT_S, shut_down, [connection])
        deadline.start()
        try:
            row = connection.execute("SHOW transaction_read_only").fetchone()
        finally:
            deadline.cancel()
    return row == ("off",)


def renew_pool() -> None:
    """Have the pool close the connections that it has, those in use when they are returned."""
    if pool := getattr(connections[DEFAULT_DB_ALIAS], "pool", None):
        pool.drain()
