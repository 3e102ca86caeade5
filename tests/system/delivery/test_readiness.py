"""An instance that cannot hear is not ready, and says why; the process lives all the same."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.cluster import Cluster


@pytest.fixture
def instance(cluster: Cluster) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=cluster.instance_url(1), timeout=5) as client:
        yield client


def wait(condition: Callable[[], bool], what: str, deadline_s: float) -> None:
    until = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < until, f"not within {deadline_s:g} s: {what}"


def ready(client: httpx.Client) -> bool:
    return client.get("/readyz").status_code == 200


def test_redis_stopped_makes_it_unready_and_redis_back_makes_it_ready(
    cluster: Cluster, instance: httpx.Client
) -> None:
    cluster.redis.stop()
    try:
        wait(lambda: not ready(instance), "503 while Redis is stopped", deadline_s=10)
        assert "log" in instance.get("/readyz").json()["reasons"][0]
        assert instance.get("/livez").status_code == 200
    finally:
        cluster.redis.start()

    wait(lambda: ready(instance), "200 again", deadline_s=15)


def test_redis_frozen_makes_it_unready_and_redis_thawed_makes_it_ready(
    cluster: Cluster, instance: httpx.Client
) -> None:
    cluster.redis.signal(signal.SIGSTOP)
    try:
        wait(lambda: not ready(instance), "503 while Redis is frozen", deadline_s=10)
    finally:
        cluster.redis.signal(signal.SIGCONT)

    wait(lambda: ready(instance), "200 again", deadline_s=15)


@pytest.mark.postgres
def test_the_database_stopped_makes_it_unready_and_back_makes_it_ready(
    cluster: Cluster, instance: httpx.Client
) -> None:
    cluster.postgres.stop()
    try:
        wait(lambda: not ready(instance), "503 while PostgreSQL is stopped", deadline_s=10)
        assert "database" in instance.get("/readyz").json()["reasons"][0]
    finally:
        cluster.postgres.start()

    wait(lambda: ready(instance), "200 again", deadline_s=15)
