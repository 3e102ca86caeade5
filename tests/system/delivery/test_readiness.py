"""An instance that cannot hear is not ready, and says why; the process lives all the same."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import redis

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


@pytest.mark.parametrize(
    ("code", "refuse", "mend"),
    [
        ("OOM", "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"),
        ("NOPERM", "ACL SETUSER default -xadd", "ACL SETUSER default +xadd"),
        ("READONLY", "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"),
    ],
)
def test_a_redis_that_takes_no_appends_makes_every_instance_unready_and_is_named(
    cluster: Cluster, code: str, refuse: str, mend: str
) -> None:
    server: Any = redis.Redis.from_url(cluster.redis.url)
    event = {"topic": "job-1", "type": "tick", "data": 1}
    key = {"Authorization": "Bearer demo-key"}
    with ExitStack() as stack:
        instances = [
            stack.enter_context(httpx.Client(base_url=instance.url, timeout=10, headers=key))
            for instance in cluster.instances
        ]
        server.execute_command(*refuse.split())
        try:
            wait(lambda: not any(map(ready, instances)), f"503 while Redis answers {code}", deadline_s=10)
            for instance in instances:
                assert f"with {code}: " in instance.get("/readyz").json()["reasons"][0]
        finally:
            server.execute_command(*mend.split())

        wait(lambda: all(map(ready, instances)), "200 again", deadline_s=15)
        for instance in instances:
            assert instance.post("/api/v1/events", json=event).status_code == 201
