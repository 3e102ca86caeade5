"""Behind PgBouncer in transaction mode, with fewer servers than the hub has threads."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.cluster import Cluster, Ports
from tests.cluster.pgbouncer import PgBouncer
from tests.cluster.postgres import Postgres
from tests.system.database.conftest import assert_back, post

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def pooled() -> Iterator[Cluster]:
    """One instance, PgBouncer and PostgreSQL."""
    ports = Ports.free(2)
    instance, port = ports.instances
    with tempfile.TemporaryDirectory(prefix="hub-pgbouncer-") as folder:
        bouncer = PgBouncer(Path(folder), port, Postgres(Path(folder), ports.postgres))
        bouncer.start()
        try:
            bouncer.wait_ready()
            with Cluster(
                Path(folder) / "cluster",
                1,
                ports=replace(ports, instances=(instance,)),
                extra_env={"HUB_DATABASE_URL": bouncer.url},
            ) as cluster:
                yield cluster
        finally:
            bouncer.stop()


def test_posts_and_pages_that_read_many_rows_are_answered(pooled: Cluster) -> None:
    with ThreadPoolExecutor(12) as threads, httpx.Client(base_url=pooled.instance_url(1)) as staff:
        posts = list(threads.map(lambda _: post(pooled).status, range(30)))
        staff.get("/accounts/login/")
        form = {"username": "admin", "password": "demo", "csrfmiddlewaretoken": staff.cookies["csrftoken"]}
        staff.post("/accounts/login/", data=form)
        links = sorted(set(re.findall(r"/dashboard/sent/[0-9a-f-]{36}/", staff.get("/dashboard/sent/").text)))
        pages = list(threads.map(lambda path: staff.get(path, timeout=30).status_code, links[:5] * 12))

    assert set(posts) == {201}
    assert pages
    assert set(pages) == {200}


def test_an_outage_behind_it_is_noticed_and_its_end_too(pooled: Cluster) -> None:
    pooled.postgres.kill()
    try:
        refused = [post(pooled) for _ in range(3)]
    finally:
        pooled.postgres.bring_back()

    assert [one.status for one in refused] == [503] * 3
    assert refused[0].seconds < 12
    assert refused[-1].seconds < 1
    assert_back(pooled)
