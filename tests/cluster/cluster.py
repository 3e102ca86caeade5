"""The whole: parts started in order, stopped in reverse, and the environment that joins them."""

import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from tests import ROOT
from tests.cluster.instance import Instance
from tests.cluster.nginx import Nginx
from tests.cluster.ports import HOST, Ports
from tests.cluster.postgres import Made, Postgres
from tests.cluster.process import PartError, Process
from tests.cluster.redis import Redis
from tests.cluster.static import collected


class Cluster:
    """`with Cluster(tmp_path) as cluster:` is ready inside; parts may be killed and started at will."""

    def __init__(
        self,
        folder: Path,
        instances: int = 3,
        *,
        ports: Ports | None = None,
        extra_env: Mapping[str, str] | None = None,
        server: str = "serve",
    ) -> None:
        self.folder = folder.resolve()
        self.ports = ports or Ports.free(instances)
        self.redis = Redis(self.folder, self.ports.redis)
        self.postgres = Postgres(self.folder, self.ports.postgres)
        # One file for all instances, which SQLite allows on one machine.
        self.sqlite = os.environ.get("CLUSTER_DATABASE") == "sqlite"
        self.settings = {
            "HUB_DATABASE_URL": f"sqlite:///{self.folder}/hub.sqlite3" if self.sqlite else self.postgres.url,
            "HUB_REDIS_URL": self.redis.url,
            "HUB_SECRET_KEY": secrets.token_hex(32),
            "HUB_ALLOWED_HOSTS": f"{HOST},localhost",
            "HUB_DEMO": "1",
            "HUB_STATIC": str(collected()),
            # Everybody comes from loopback.
            "HUB_MAX_CONNECTIONS_PER_ADDRESS": "10000",
            **(extra_env or {}),
        }
        # A cluster is what it was asked to be, whatever the shell around it has set.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        self.env = {**inherited, **self.settings}
        self.instances = [
            Instance(self.folder, f"hub-{k}", port, self.env, server=server)
            for k, port in enumerate(self.ports.instances, start=1)
        ]
        self.nginx = Nginx(
            self.folder, http=self.ports.http, https=self.ports.https, instances=self.ports.instances
        )
        self.nginx.values["HUB_TLS"] = self.settings.get("HUB_TLS", "0")
        if age := self.settings.get("HUB_MAX_AGE_S"):
            self.nginx.values["HUB_SHUTDOWN_TIMEOUT"] = f"{int(float(age)) + 60}s"

    @property
    def parts(self) -> list[Process]:
        databases = [] if self.sqlite else [self.postgres]
        return [self.redis, *databases, *self.instances, self.nginx]

    @property
    def http_url(self) -> str:
        return f"http://{HOST}:{self.ports.http}"

    @property
    def https_url(self) -> str:
        return f"https://{HOST}:{self.ports.https}"

    def instance_url(self, k: int) -> str:
        """As in the names and the ports, k counts from 1."""
        return self.instances[k - 1].url

    def manage(self, *arguments: str, timeout: float = 120) -> str:
        """Runs a manage.py command beside the instances; its standard output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        if done.returncode != 0:
            raise PartError(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def count(self, query: str) -> int:
        """What the database answers to a query for one number."""
        opened: Any = (
            closing(sqlite3.connect(self.folder / "hub.sqlite3"))
            if self.sqlite
            else psycopg.connect(self.postgres.url)
        )
        with opened as connection:
            (number,) = connection.execute(query).fetchone()
        return int(number)

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ports.check()
        self.redis.start()
        if self.sqlite:
            self._make()
        else:
            self._start_postgres()
        self.redis.wait_ready()
        for instance in self.instances:
            instance.start()
        for instance in self.instances:
            instance.wait_ready(60)
        self.nginx.start()
        self.nginx.wait_ready()

    def _start_postgres(self) -> None:
        with Made.locked() as made:
            if made is not None and made.exists():
                self.postgres.begin_with(made)
            self.postgres.start()
            self.postgres.wait_ready()
            if made is None:
                self._make()
            elif not made.exists():
                self._make()
                self.postgres.stop()
                self.postgres.keep(made)
                self.postgres.start()
                self.postgres.wait_ready()

    def _make(self) -> None:
        self.manage("migrate", "--verbosity", "0")
        self.manage("demo")

    def stop(self) -> None:
        # Readers first: an instance without connections has nothing to move away.
        self.nginx.stop()
        for instance in self.instances:
            instance.terminate()
        for instance in self.instances:
            instance.join(15)
        self.redis.stop()
        if not self.sqlite:
            self.postgres.stop()
            self.postgres.remove()

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
