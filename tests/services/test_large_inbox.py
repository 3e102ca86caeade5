"""A hundred thousand unread: counted in a moment, read in another, and none of them loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests import ROOT
from tests.cluster.ports import Ports
from tests.cluster.postgres import Postgres

NOTIFICATIONS = 100_000
COUNT_S = 0.05
READ_ALL_S = 3.0
GROWTH_KB = 10_000

MEASURE = """
import django; django.setup()
import json, resource, time
from datetime import timedelta
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from notifications.access import judge
from notifications.inbox import counts, read_state
from notifications.models import Notification, Reading, Watermark

call_command("migrate", verbosity=0)
user = User.objects.create_user("ann", date_joined=timezone.now() - timedelta(days=1))
Notification.objects.create(topic="everyone", title="t", position=10**15)
table = Notification._meta.db_table
own = {"id": "gen_random_uuid()", "position": "position + g"}
names = [field.column for field in Notification._meta.concrete_fields]
with connection.cursor() as cursor:
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(own.get(n, n) for n in names)}"
        f" FROM {table}, generate_series(1, %s) g", [NOTIFICATIONS - 1]
    )
    cursor.execute("ANALYZE")

def peak_kb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

def shortest_s(act, times):
    took = []
    for _ in range(times):
        began = time.monotonic()
        act()
        took.append(time.monotonic() - began)
    return min(took)

topics = judge.own_topics(user)
counts.of(user, ())
before_kb = peak_kb()
count = counts.of(user, topics)["unread"]
count_s = shortest_s(lambda: counts.of(user, topics), 15)
read_all_s = shortest_s(lambda: read_state.read_all(user), 1)
after = counts.of(user, topics)
after_s = shortest_s(lambda: counts.of(user, topics), 15)
print(json.dumps({
    "count": count, "left": after["unread"] + after["unseen"],
    "rows": Reading.objects.count() + Watermark.objects.count(),
    "count_s": count_s, "count_after_s": after_s, "read_all_s": read_all_s,
    "growth_kb": peak_kb() - before_kb,
}))
"""


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    server = Postgres(tmp_path_factory.mktemp("postgres"), Ports.free(0).postgres)
    server.start()
    try:
        server.wait_ready()
        yield _measure(server.url)
    finally:
        server.stop()
        server.remove()


def _measure(url: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE.replace("NOTIFICATIONS", str(NOTIFICATIONS))],
        cwd=ROOT,
        env={**os.environ, "HUB_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "hub.settings"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.alone
def test_they_are_counted_in_50_ms(figures: dict[str, Any]) -> None:
    assert figures["count"] == NOTIFICATIONS
    assert figures["count_s"] <= COUNT_S
    assert figures["count_after_s"] <= COUNT_S


@pytest.mark.alone
def test_they_are_read_in_3_s_and_take_one_row(figures: dict[str, Any]) -> None:
    assert figures["read_all_s"] <= READ_ALL_S
    assert (figures["left"], figures["rows"]) == (0, 1)


@pytest.mark.alone
def test_memory_stays_flat(figures: dict[str, Any]) -> None:
    assert figures["growth_kb"] <= GROWTH_KB
