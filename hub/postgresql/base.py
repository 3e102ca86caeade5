"""Django's engine for PostgreSQL, with the breaker between it and its pool."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

from hub.postgresql.connection import HubConnection, breaker

POOL_TIMEOUT_S = 5.0  # for a connection, as long as the database is not known to be away
POOL_OPTIONS = {
    "connection_class": HubConnection,
    "timeout": 0.25,  # then the breaker is asked again
    "reconnect_timeout": 1.0,  # the pool grows again at the first request after an outage
}


class DatabaseWrapper(base.DatabaseWrapper):
    """The engine; Django makes one per thread. ``OPTIONS["pool"]`` may set what `POOL_OPTIONS` do not."""

    def __init__(self, settings_dict: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(settings_dict, *args, **kwargs)
        options = self.settings_dict["OPTIONS"]
        if pool := options.get("pool"):
            options["pool"] = {**({} if pool is True else pool), **POOL_OPTIONS}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises `psycopg.OperationalError`, at once while the database is away."""
        until = time.monotonic() + POOL_TIMEOUT_S
        while True:
            breaker.check()
            try:
                return super().get_new_connection(conn_params)
            except PoolTimeout:
                breaker.suspect()
                if time.monotonic() > until:
                    raise
            except psycopg.OperationalError:
                breaker.suspect()
                raise
