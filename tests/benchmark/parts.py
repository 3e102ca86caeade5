"""What a server needs beside it: Redis, PostgreSQL, and our own hands on both."""

from __future__ import annotations

import os
import secrets
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import redis

from tests import ROOT
from tests.cluster.ports import HOST, Ports
from tests.cluster.postgres import Postgres
from tests.cluster.redis import Redis


class CountingPostgres(Postgres):
    def _make_data(self) -> Path:
        data = super()._make_data()
        self.argv += [
            "-cshared_preload_libraries=pg_stat_statements",
            "-cpg_stat_statements.track_utility=off",
        ]
        return data


class Parts:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ports = Ports.free(0)
        self.redis = Redis(folder, ports.redis)
        self.postgres = CountingPostgres(folder, ports.postgres)
        hub = {
            "HUB_DATABASE_URL": self.postgres.url,
            "HUB_REDIS_URL": self.redis.url,
            "HUB_SECRET_KEY": secrets.token_hex(32),
            "HUB_ALLOWED_HOSTS": HOST,
            "HUB_MAX_CONNECTIONS": "19000",
            "HUB_MAX_CONNECTIONS_PER_ADDRESS": "19000",
            "HUB_MAX_CONNECTIONS_PER_USER": "19000",
            "HUB_MAX_TOPICS_PER_USER": "1000000",
            "HUB_DRAIN_S": "0",
        }
        for name in [name for name in os.environ if name.startswith("HUB_")]:
            del os.environ[name]
        self.env = {**os.environ, **hub, "PLAIN_REDIS_PORT": str(ports.redis)}
        # We sign tokens, make people and append to the log ourselves, as an instance does.
        os.environ |= {**hub, "DJANGO_SETTINGS_MODULE": "hub.settings"}

    def start(self) -> None:
        self.redis.start()
        self.postgres.start()
        self.redis.wait_ready()
        self.postgres.wait_ready()

        import django
        from django.core.management import call_command

        os.chdir(ROOT)
        django.setup()
        call_command("migrate", verbosity=0)
        self._sql("CREATE EXTENSION pg_stat_statements")

    def stop(self) -> None:
        from django.db import connections

        if connections["default"].vendor == "postgresql":
            connections["default"].close()
            connections["default"].close_pool()  # type: ignore[attr-defined]
        self.redis.stop()
        self.postgres.stop()
        self.postgres.remove()

    def queries(self) -> int:
        """How many were made of the database so far, by anybody but us here."""
        return self._sql("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query !~ 'pg_stat'")

    def redis_keys(self) -> int:
        """How many keys Redis holds."""
        with closing(redis.Redis.from_url(self.redis.url)) as client:
            return int(client.dbsize())

    def _sql(self, text: str) -> int:
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            cursor = connection.execute(text.encode())
            row = cursor.fetchone() if cursor.description else None
        return int(row[0]) if row else 0

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
