"""Checks of the database and of Redis, connected to directly."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress

import redis
from django.conf import settings
from django.core import checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from redis.exceptions import NoPermissionError, RedisError

from hub import events
from hub.doctor.clock_skew import check_clock
from hub.doctor.report import Finding, Report
from hub.events import Event
from hub.log import LogAway, redis_client, redis_errors
from hub.log.current import shared_log

OLDEST_REDIS = (6, 2)  # XTRIM MINID
RESERVED_CONNECTIONS = 3  # that PostgreSQL keeps for superusers
RECEIPT_TIMEOUT_S = 5.0
REDIS_TIMEOUT_S = 3.0
MEASUREMENTS = 3


def run_system_checks(report: Report) -> None:
    """Report what Django's system checks of the hub say about this environment."""
    for message in checks.run_checks(tags=["hub"]):
        report.findings.append(
            Finding(id=message.id or "", name="system check", seen=message.msg, remedy=message.hint or "")
        )


def check_database(report: Report) -> bool:
    """Check the database's latency, clock, role, connections and migrations; whether it is migrated."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the first also connects
        durations_s = [_query(cursor, "SELECT 1")[0] for _ in range(MEASUREMENTS)]
        report.hop("the database answers", min(durations_s), connection.vendor)
        if connection.vendor == "postgresql":
            duration_s, now = _query(cursor, "SELECT extract(epoch FROM clock_timestamp())")
            check_clock(report, "the database", float(now), received_at=time.time(), round_trip_s=duration_s)
            # A pooler invents the process id that it gives to a new connection.
            backend = int(_query(cursor, "SELECT pg_backend_pid()")[1])
            pooled = backend != connection.connection.info.backend_pid
            _check_role(report, cursor)
            _check_connections(report, int(_query(cursor, "SHOW max_connections")[1]), pooled)
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        report.find("hub.D018", f"{len(plan)} to apply, {plan[0][0]} the first: no instance is ready.")
    return not plan


def check_log(report: Report, topic: str) -> None:
    """Check Redis's latency, clock and settings, then append an event and receive it."""
    if not settings.HUB_REDIS_URL:
        return
    client = redis_client.client(settings.HUB_REDIS_URL, REDIS_TIMEOUT_S)
    try:
        client.ping()
        began = time.perf_counter()
        client.ping()
        report.hop("Redis answers", time.perf_counter() - began)
        _check_redis_settings(report, client)
        _check_receipt(report, topic)
    except (RedisError, LogAway) as error:
        if trouble := redis_errors.trouble(error):
            report.find("hub.D029", trouble)
        else:
            report.find("hub.D017", f"Redis: {error}")
    finally:
        client.close()


def database_connections(instances: int) -> int:
    """How many connections to the database that number of instances may hold."""
    options = connection.settings_dict["OPTIONS"].get("pool") or {}
    return instances * int(options.get("max_size", settings.HUB_THREADS + settings.HUB_DATABASE_THREADS))


def _query(cursor: object, query: str) -> tuple[float, str]:
    """Seconds taken, and the single value."""
    began = time.perf_counter()
    cursor.execute(query)  # type: ignore[attr-defined]
    (value,) = cursor.fetchone()  # type: ignore[attr-defined]
    return time.perf_counter() - began, value


def _check_role(report: Report, cursor: object) -> None:
    """The owner of a table may drop its triggers, and a superuser may do anything."""
    _, superuser = _query(
        cursor, "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    _, owned_tables = _query(
        cursor,
        "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        " AND pg_has_role(current_user, relowner, 'USAGE')",
    )
    if (superuser or owned_tables) and not settings.HUB_DEMO:
        power = "may do anything in PostgreSQL" if superuser else f"owns {owned_tables} tables"
        report.find("hub.D028", f"the role that serves {power}: it can change the audit log, too.")


def _check_connections(report: Report, max_connections: int, pooled: bool) -> None:
    instances = max(1, len(report.instances))
    if pooled:
        report.note("PostgreSQL is behind a pooler, whose limits were not checked.")
    elif (needed := database_connections(instances)) > max_connections - RESERVED_CONNECTIONS:
        report.find(
            "hub.D019",
            f"{instances} instances may open {needed} connections; PostgreSQL accepts "
            f"{max_connections}, {RESERVED_CONNECTIONS} of them reserved for superusers.",
        )


def _check_redis_settings(report: Report, client: redis.Redis) -> None:
    try:
        began = time.perf_counter()
        seconds, micros = client.time()
        round_trip_s = time.perf_counter() - began
        reading = seconds + micros / 1e6
        check_clock(report, "Redis", reading, received_at=time.time(), round_trip_s=round_trip_s)
        info = client.info()
    except NoPermissionError as error:
        return report.note(f"not all settings of Redis may be read: {error}")
    version = tuple(int(part) for part in str(info["redis_version"]).split(".")[:2])
    if version < OLDEST_REDIS:
        report.find("hub.D015", f"Redis is {info['redis_version']}; the log needs XTRIM MINID.")
    if (policy := info.get("maxmemory_policy", "noeviction")) != "noeviction":
        report.find("hub.D014", f"maxmemory-policy is {policy}: Redis would drop parts of the log.")
    if not info.get("maxmemory"):
        report.note("Redis has no maxmemory: it may use all memory of its machine.")
    if not info.get("aof_enabled"):
        report.note("Redis keeps no append-only file: after its restart live topics start empty.")


def _check_receipt(report: Report, topic: str) -> None:
    """Append and receive an event as an instance does, in an event loop of our own."""
    receiver, loop, log = _Receiver(), asyncio.new_event_loop(), shared_log()
    listening = loop.create_task(log.listen(receiver))

    def listen() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(listening)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        if not receiver.subscribed.wait(RECEIPT_TIMEOUT_S):
            if trouble := log.trouble():
                return report.find("hub.D029", trouble)
            return report.find(
                "hub.D017",
                f"nothing was received from Redis within {RECEIPT_TIMEOUT_S:g} s: is SUBSCRIBE allowed?",
            )
        asyncio.run_coroutine_threadsafe(log.subscribe([topic]), loop).result(RECEIPT_TIMEOUT_S)
        began = appended = 0.0
        for number in range(MEASUREMENTS):
            receiver.received_at.clear()
            began = time.perf_counter()
            log.append([events.draft(topic, "doctor", {"n": -number})])
            appended = time.perf_counter()
            if not receiver.arrived.wait(RECEIPT_TIMEOUT_S):
                return report.find("hub.D017", "an event was appended and not received.")
            receiver.arrived.clear()
        report.hop("the log appends an event", appended - began)
        report.hop("the log delivers it", receiver.received_at[-1] - began)
    finally:
        loop.call_soon_threadsafe(listening.cancel)
        thread.join(RECEIPT_TIMEOUT_S)
        loop.close()


class _Receiver:
    """Subscribes to the log."""

    def __init__(self) -> None:
        self.subscribed, self.arrived = threading.Event(), threading.Event()
        self.received_at: list[float] = []

    def received(self, event: Event) -> None:
        self.received_at.append(time.perf_counter())
        self.arrived.set()

    def disconnected(self) -> None: ...

    def restored(self) -> None:
        self.subscribed.set()
