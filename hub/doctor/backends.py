"""The database and Redis, straight from here."""

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
from hub.doctor.clock_skew import skewed
from hub.doctor.report import Finding, Report
from hub.events import Event
from hub.log import LogAway
from hub.log.current import shared_log

OLDEST = (6, 2)  # XTRIM MINID
SUPERUSERS = 3  # connections that PostgreSQL keeps for them
HEARD_S = 5.0
TRIES = 3


def checked(report: Report) -> None:
    """What can be known without asking anybody: the system checks."""
    for message in checks.run_checks(tags=["hub"]):
        report.findings.append(Finding(message.id or "", "system check", message.msg, message.hint or ""))


def database(report: Report) -> bool:
    """Ask the database how long it takes, its clock and its tables; whether a visit can be made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the first asks for a connection, too
        took = [_ask(cursor, "SELECT 1")[0] for _ in range(TRIES)]
        report.hop("the database answers", min(took), connection.vendor)
        if connection.vendor == "postgresql":
            took_s, now = _ask(cursor, "SELECT extract(epoch FROM clock_timestamp())")
            skewed(report, "the database", float(now), time.time(), took_s)
            # A pooler makes up the process id that a connection is told of.
            pooled = int(_ask(cursor, "SELECT pg_backend_pid()")[1]) != connection.connection.info.backend_pid
            _strength(report, cursor)
            _connections(report, int(_ask(cursor, "SHOW max_connections")[1]), pooled)
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        report.find("hub.D018", f"{len(plan)} to apply, {plan[0][0]} the first: no instance is ready.")
    return not plan


def log(report: Report, topic: str) -> None:
    """Redis: its answer, its clock, its settings; then an append, and the hearing of it."""
    if not settings.HUB_REDIS_URL:
        return
    client = redis.Redis.from_url(settings.HUB_REDIS_URL, socket_timeout=3, socket_connect_timeout=3)
    try:
        client.ping()
        began = time.perf_counter()
        client.ping()
        report.hop("Redis answers", time.perf_counter() - began)
        _settings(report, client)
        _heard(report, topic)
    except (RedisError, LogAway) as error:
        report.find("hub.D017", f"Redis: {error}")
    finally:
        client.close()


def connections(instances: int) -> int:
    """How many connections to the database so many instances may hold."""
    options = connection.settings_dict["OPTIONS"].get("pool") or {}
    return instances * int(options.get("max_size", settings.THREADS + settings.DOOR_THREADS))


def _ask(cursor: object, query: str) -> tuple[float, str]:
    began = time.perf_counter()
    cursor.execute(query)  # type: ignore[attr-defined]
    (answer,) = cursor.fetchone()  # type: ignore[attr-defined]
    return time.perf_counter() - began, answer


def _strength(report: Report, cursor: object) -> None:
    """Whoever owns a table may take its guards away, and a superuser may do anything at all."""
    strong = _ask(cursor, "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")[1]
    owner = _ask(
        cursor,
        "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        " AND pg_has_role(current_user, relowner, 'USAGE')",
    )[1]
    if (strong or owner) and not settings.HUB_DEMO:
        what = "may do anything in PostgreSQL" if strong else f"owns {owner} tables"
        report.find("hub.D028", f"the role that serves {what}: it can change the audit log, too.")


def _connections(report: Report, most: int, pooled: bool) -> None:
    instances = max(1, len(report.instances))
    if pooled:
        report.note("a pooler stands before PostgreSQL: what it takes was not looked at.")
    elif connections(instances) > most - SUPERUSERS:
        report.find(
            "hub.D019",
            f"{instances} instances may open {connections(instances)} connections; PostgreSQL takes {most}, "
            f"{SUPERUSERS} of them from its superuser alone.",
        )


def _settings(report: Report, client: redis.Redis) -> None:
    try:
        began = time.perf_counter()
        seconds, micros = client.time()
        skewed(report, "Redis", seconds + micros / 1e6, time.time(), time.perf_counter() - began)
        info = client.info()
    except NoPermissionError as error:
        return report.note(f"Redis lets us not look at all of its settings: {error}")
    version = tuple(int(part) for part in str(info["redis_version"]).split(".")[:2])
    if version < OLDEST:
        report.find("hub.D015", f"Redis is {info['redis_version']}; the log needs XTRIM MINID.")
    if (policy := info.get("maxmemory_policy", "noeviction")) != "noeviction":
        report.find("hub.D014", f"maxmemory-policy is {policy}: Redis would drop parts of the log.")
    if not info.get("maxmemory"):
        report.note("Redis has no maxmemory: it may take all of its machine.")
    if not info.get("aof_enabled"):
        report.note("Redis keeps no append-only file: after its restart live topics begin anew.")


def _heard(report: Report, topic: str) -> None:
    """Append as an instance does, and hear it as an instance does, in a loop of our own."""
    ear, loop, the_log = _Ear(), asyncio.new_event_loop(), shared_log()
    listening = loop.create_task(the_log.listen(ear))

    def listen() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(listening)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        if not ear.hearing.wait(HEARD_S):
            return report.find(
                "hub.D017", f"Redis is not heard within {HEARD_S:g} s: may we SUBSCRIBE there?"
            )
        asyncio.run_coroutine_threadsafe(the_log.subscribe([topic]), loop).result(HEARD_S)
        began = appended = 0.0
        for number in range(TRIES):
            ear.heard_at.clear()
            began = time.perf_counter()
            the_log.append([events.draft(topic, "doctor", {"n": -number})])
            appended = time.perf_counter()
            if not ear.came.wait(HEARD_S):
                return report.find("hub.D017", "an event was appended, and is not heard.")
            ear.came.clear()
        report.hop("the log takes an event", appended - began)
        report.hop("the log is heard", ear.heard_at[-1] - began)
    finally:
        loop.call_soon_threadsafe(listening.cancel)
        thread.join(HEARD_S)
        loop.close()


class _Ear:
    def __init__(self) -> None:
        self.hearing, self.came = threading.Event(), threading.Event()
        self.heard_at: list[float] = []

    def heard(self, event: Event) -> None:
        self.heard_at.append(time.perf_counter())
        self.came.set()

    def deaf(self) -> None: ...

    def restored(self) -> None:
        self.hearing.set()
