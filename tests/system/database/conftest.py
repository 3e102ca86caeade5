from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import psycopg
import pytest

from tests.cluster import Cluster
from tests.cluster.ports import HOST
from tests.cluster.postgres import NAME
from tests.cluster.relay import Relay

KEY = {"Authorization": "Bearer demo-key"}
DEADLINE_S = 30


@dataclass(frozen=True)
class Timed:
    """A response, and the seconds that it took."""

    response: httpx.Response
    seconds: float

    @property
    def status(self) -> int:
        return self.response.status_code


@pytest.fixture(scope="package")
def relay() -> Iterator[Relay]:
    """Between the second instance and PostgreSQL."""
    with Relay(0) as relay:
        yield relay


@pytest.fixture(scope="package")
def cluster(relay: Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two instances; a test may stop PostgreSQL, or hold the relay, if it ends that."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), 2)
    relay.target = cluster.ports.postgres
    url = f"postgres://{NAME}@{HOST}:{relay.port}/{NAME}"
    second = cluster.instances[1]
    second.env = {**(second.env or {}), "HUB_DATABASE_URL": url}
    with cluster:
        yield cluster


def post(cluster: Cluster, k: int = 1, *, key: str = "") -> Timed:
    """A notification, sent to the instance k, which counts from 1."""
    headers = {**KEY, "Idempotency-Key": key} if key else KEY
    body = {"to": ["user:alice"], "title": "hello"}
    began = time.monotonic()
    response = httpx.post(
        f"{cluster.instance_url(k)}/api/v1/notifications", json=body, headers=headers, timeout=DEADLINE_S
    )
    return Timed(response, time.monotonic() - began)


def until(condition: Callable[[], bool], seconds: float = DEADLINE_S) -> float:
    """Seconds until the condition held."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "in vain"
        time.sleep(0.05)
    return time.monotonic() - began


def set_read_only(cluster: Cluster, value: str) -> None:
    """`on` as at a standby, or `off`."""
    with psycopg.connect(cluster.postgres.url, autocommit=True) as connection:
        connection.execute("SET transaction_read_only = off")
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}".encode())
        connection.execute("SELECT pg_reload_conf()")


def assert_back(cluster: Cluster) -> None:
    """Each instance can be posted to within 3 s of the return of PostgreSQL."""
    for k in range(1, len(cluster.instances) + 1):
        until(lambda k=k: post(cluster, k).status == 201, 3)  # type: ignore[misc]
