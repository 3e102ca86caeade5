"""A reader whom a restart moves to another instance costs the database two queries at most."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator

import httpx
import psycopg
import pytest
from httpx_sse import aconnect_sse

from tests.cluster import Cluster, postgres
from tests.system.conftest import restart
from tests.system.reader import until

READERS = 30
MAX_QUERIES_PER_READER = 2

SESSIONS = f"""
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore

for n in range({READERS}):
    user = User.objects.create_user(f"reader{{n}}")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    print(session.session_key)
"""
# What is asked about people; loops of an instance ask for the rest.
CALLS = """
    SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
    WHERE query ~ 'auth_user|django_session|_(arrival|grant|preference|reading|watermark)|COUNT'
    AND query !~ 'pg_stat'
"""


class SessionReader:
    """A feed by session, opened again where it left off, a moment after it ends."""

    def __init__(self, url: str, session: str) -> None:
        self._url = url
        self._cookies = {"sessionid": session}
        self.opened = 0
        self.counts: list[dict[str, int]] = []  # of each time it opened
        self.live = False

    async def run(self) -> None:
        position = ""
        async with httpx.AsyncClient(timeout=httpx.Timeout(5, read=30), cookies=self._cookies) as client:
            while True:
                headers = {"Last-Event-ID": position} if position else {}
                try:
                    async with aconnect_sse(client, "GET", f"{self._url}/feed/", headers=headers) as source:
                        source.response.raise_for_status()
                        self.opened += 1
                        async for event in source.aiter_sse():
                            position = event.id or position
                            self.live = self.live or event.event == "stream-live"
                            if event.event == "stream-open":
                                self.counts.append(event.json()["count"])
                except (httpx.HTTPError, OSError):
                    pass
                self.live = False
                await asyncio.sleep(random.uniform(1, 2))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(postgres.OPTIONS, "shared_preload_libraries", "pg_stat_statements")
        folder = tmp_path_factory.mktemp("cluster")
        with Cluster(folder, 2, extra_env={"HUB_DRAIN_S": "2"}) as cluster:
            with psycopg.connect(cluster.postgres.url, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION pg_stat_statements")
            yield cluster


@pytest.fixture
async def readers(cluster: Cluster) -> AsyncIterator[list[SessionReader]]:
    keys = cluster.manage("shell", "-v0", "-c", SESSIONS).split()
    found = [SessionReader(cluster.http_url, key) for key in keys]
    running = [asyncio.create_task(reader.run()) for reader in found]
    await until(lambda: all(reader.live for reader in found), "everyone reads")
    yield found
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_a_reader_who_is_moved_costs_two_queries(
    cluster: Cluster, readers: list[SessionReader]
) -> None:
    opened, calls = sum(reader.opened for reader in readers), cluster.count(CALLS)

    await restart(cluster, 0)
    await until(lambda: all(reader.live for reader in readers), "everyone reads again")

    moved = sum(reader.opened for reader in readers) - opened
    assert moved >= READERS // 4
    assert cluster.count(CALLS) - calls <= MAX_QUERIES_PER_READER * moved
    numbers = {(count["unread"], count["unseen"]) for reader in readers for count in reader.counts}
    assert len(numbers) == 1
