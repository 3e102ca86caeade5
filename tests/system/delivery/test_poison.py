"""The worst in PostgreSQL and in Redis, and every instance goes on: what comes after it is delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import redis

from hub.log.script import CHANNEL, STREAM
from tests.cluster import Cluster
from tests.services.log.test_malformed import ENTRIES, MESSAGES
from tests.system.conftest import Site
from tests.system.reader import until
from tests.system.staff import Staff
from tests.unit.notifications.dashboard.hostile import addresses

pytestmark = pytest.mark.postgres

ROW = """
    INSERT INTO hub_notifications_notification
        (id, topic, title, body, url, category, severity, key, created_at, due_at, expires_at)
    VALUES (gen_random_uuid(), %(topic)s, 'poison', %(body)s, '', '', 'info', '', %(at)s, %(at)s, %(expires)s)
    RETURNING id::text
"""
LONG_AGO = "2020-01-01T00:00:00Z"
GOOD: dict[str, Any] = {"topic": "everyone", "body": "", "at": LONG_AGO, "expires": None}
POISON: dict[str, dict[str, Any]] = {
    "oversized": {"body": "x" * 70_000},
    "megabytes": {"body": "x" * 5_000_000},
    "on the control topic": {"topic": "hub.control"},
    "on a room's topic": {"topic": "room-1"},
    "on no topic": {"topic": "two words"},
    "with an empty topic": {"topic": ""},
    "from before the years": {"at": "-infinity"},
    "from a year that Python has not": {"at": "4000-01-01 BC"},
    "that expires beyond all years": {"expires": "infinity"},
}


@contextmanager
def database(cluster: Cluster) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(cluster.postgres.url, autocommit=True) as connection:
        yield connection


def insert(cluster: Cluster, *rows: dict[str, Any]) -> list[str]:
    with database(cluster) as connection, connection.cursor() as cursor:
        return [cursor.execute(ROW, {**GOOD, **row}).fetchone()[0] for row in rows]  # type: ignore[index]


def state(cluster: Cluster, ids: list[str]) -> list[tuple[int | None, bool]]:
    """Of each row its position, and whether it has failed."""
    query = """
        SELECT position, failed_at IS NOT NULL FROM hub_notifications_notification
        WHERE id = ANY(%s::uuid[]) ORDER BY array_position(%s::uuid[], id)
    """
    with database(cluster) as connection:
        return connection.execute(query, [ids, ids]).fetchall()


async def test_no_row_delays_what_is_scheduled_after_it(cluster: Cluster, site: Site) -> None:
    reader = await site.reader("alice", instance=1)
    poison = insert(cluster, *POISON.values())

    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    (row,) = await site.notify("user:alice", "after them all", send_at=soon)
    await until(lambda: row["id"] in reader.notifications, "the scheduled one", 15)
    await until(
        lambda: all(position is not None for position, _ in state(cluster, poison)), "their final state", 15
    )

    assert state(cluster, poison) == [(0, True)] * len(poison)
    listed = await site.api.get("/api/v1/notifications?user=alice")
    assert listed.json()["items"][0]["title"] == "after them all"


async def test_a_row_that_someone_holds_is_passed_by(cluster: Cluster, site: Site) -> None:
    reader = await site.reader("alice", instance=2)
    (held,) = insert(cluster, {"topic": "topic-held"})

    with psycopg.connect(cluster.postgres.url) as holder:
        holder.execute("SELECT 1 FROM hub_notifications_notification WHERE id = %s FOR UPDATE", [held])
        (late,) = insert(cluster, {})
        await until(lambda: late in reader.notifications, "the one beside it", 15)

    await until(lambda: state(cluster, [held])[0][0], "the one that was held", 15)


async def test_nothing_on_any_topic_of_redis_ends_an_instance(cluster: Cluster, site: Site) -> None:
    topics = ["everyone", "job-1", "hub.control", "staff-instances", "room-1"]
    readers = [await site.reader("alice", ["job-1"], instance=k) for k in (1, 2, 3)]
    processes = [instance.pid for instance in cluster.instances]

    with redis.Redis.from_url(cluster.redis.url) as client:
        for topic in topics:
            for message in MESSAGES.values():
                client.publish(f"{CHANNEL}{topic}", message)
            for entry in ENTRIES.values():
                client.xadd(f"{STREAM}{topic}", entry)
    (row,) = await site.notify("everyone", "after all of it")
    position = await site.publish("job-1", "after all of it")

    for reader in readers:
        await until(lambda r=reader: row["id"] in r.notifications, "the notification", 15)
        await until(lambda r=reader: position in r.events("job-1"), "the event", 15)
        assert reader.connects == 1
    assert [instance.pid for instance in cluster.instances] == processes
    assert all(instance.alive for instance in cluster.instances)
    assert await skipped(cluster, site) >= len(MESSAGES)


async def test_no_address_is_answered_with_a_fault_of_ours(cluster: Cluster) -> None:
    async with Staff(cluster.instance_url(1)) as staff:
        answers = {address: await staff.status(address) for address in addresses()}

    assert {address[:80]: status for address, status in answers.items() if status >= 500} == {}
    assert {200, 404} <= set(answers.values())


async def skipped(cluster: Cluster, site: Site) -> float:
    """What the first instance says it skipped."""
    await asyncio.sleep(0)
    answer = await site.api.get(f"{cluster.instance_url(1)}/metrics")
    lines = [line for line in answer.text.splitlines() if line.startswith("hub_malformed_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in lines)
