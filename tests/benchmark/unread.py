"""A reader with very many unread notifications: what a count and reading all of them cost."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import httpx
import psycopg

from tests.benchmark import usage
from tests.benchmark.servers import Bench, Server

COUNTS = 9


def figures(bench: Bench, server: Server, notifications: int) -> dict[str, float]:
    """Of one request at a time; CPU and memory are the hub's, without PostgreSQL's."""
    from tests.benchmark import people

    reader = people.users(1)[0]
    _broadcast(bench, notifications)
    key = {"Authorization": f"Bearer {people.token(reader, 'job-1')}"}
    base = f"http://127.0.0.1:{server.ports[0]}/api/v1/notifications"
    with httpx.Client(base_url=base, headers=key, timeout=300) as client:

        def count() -> httpx.Response:
            return client.get("/count").raise_for_status()

        unread = count().json()["count"]["unread"]
        rested_kb = usage.resident_kb(server.pids)
        counted = [_measured(server, count) for _ in range(COUNTS)]
        read_all_ms, read_all_cpu_ms = _measured(server, lambda: client.post("/read-all").raise_for_status())
        after_ms, _ = _measured(server, count)
    return {
        "unread": unread,
        "count_ms": statistics.median(ms for ms, _ in counted),
        "count_cpu_ms": statistics.median(ms for _, ms in counted),
        "read_all_ms": read_all_ms,
        "read_all_cpu_ms": read_all_cpu_ms,
        "count_after_ms": after_ms,
        "grown_mb": (usage.resident_kb(server.pids) - rested_kb) / 1024,
    }


def _broadcast(bench: Bench, notifications: int) -> None:
    """So many to everyone, as rows that were published long ago."""
    from notifications.models import Notification
    from notifications.sending.notify import notify

    notify(["everyone"], "One of very many")
    fields = [str(field.column) for field in Notification._meta.concrete_fields]
    values = {"id": "gen_random_uuid()", "position": f"{10**15} + g", "sending_id": "NULL"}
    columns, selected = ", ".join(fields), ", ".join(values.get(name, name) for name in fields)
    table = Notification._meta.db_table
    rows = f"""
        INSERT INTO {table} ({columns}) SELECT {selected} FROM {table}, generate_series(1, {notifications}) g
        WHERE title = 'One of very many'
    """  # noqa: S608
    with psycopg.connect(bench.parts.postgres.url, autocommit=True) as connection:
        connection.execute(rows.encode())
        connection.execute("ANALYZE")


def _measured(server: Server, act: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds that it took, and of CPU."""
    cpu_s, began = usage.cpu_s(server.pids), time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000, (usage.cpu_s(server.pids) - cpu_s) * 1000
