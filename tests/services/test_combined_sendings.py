"""On PostgreSQL sendings of concurrent threads are stored by one statement, as Django would store them.

One that is refused fails none of the others.
"""

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

SEND = """
import django; django.setup()
import json, threading, uuid
from concurrent.futures import ThreadPoolExecutor
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from notifications.models import Notification, Sending
from notifications.sending import combined, rows
from notifications.sending.notify import notify

call_command("migrate", verbosity=0)
found = {}

def fields(row):
    ignored = {"id", "created_at", "due_at", "sending", "sending_id"}
    stored = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: repr(value) for name, value in stored.items() if name not in ignored}

with CaptureQueriesContext(connection) as queries:
    (mine,) = notify(["topic:a"], "Hello", body="b", url="/x", category="builds", sender="key:ci")
found["statements"] = [query["sql"].split()[0] for query in queries.captured_queries]
with transaction.atomic():
    (theirs,) = notify(["topic:a"], "Hello", body="b", url="/x", category="builds", sender="key:ci")
now = timezone.now()
django_s = Notification.objects.create(topic="a", title="Hello", body="b", url="/x", category="builds")
same = [fields(Notification.objects.get(pk=row.pk)) for row in (mine, theirs, django_s)]
found["as django stores it"] = same[0] == same[1] == same[2]
same = [fields(Sending.objects.get(pk=row.sending_id)) for row in (mine, theirs)]
found["its sending too"] = same[0] == same[1] and bool(json.loads(json.dumps(mine.sending.to)))

# The first is being stored while the others come: these are stored together.
insert, groups, begun, go_on = rows.insert, [], threading.Event(), threading.Event()

def slow(sendings):
    groups.append(len(sendings))
    begun.set()
    go_on.wait(20)
    insert(sendings)

def send(n):
    taken = mine.sending_id if n == 3 else None
    title = "bad" if n == 3 else f"n{n}"
    try:
        (row,) = notify([f"topic:g{n}"], title, sending_id=taken)
        return row.topic
    except Exception as error:
        return type(error).__name__
    finally:
        connections.close_all()

rows.insert = slow
with ThreadPoolExecutor(6) as pool:
    runs = [pool.submit(send, 0)]
    assert begun.wait(20)
    for n in range(1, 6):
        runs.append(pool.submit(send, n))
        while len(combined._combiner._waiting) < n:
            threading.Event().wait(0.005)
    go_on.set()
    found["answers"] = [run.result() for run in runs]
rows.insert = insert
found["groups"] = groups[:2]
found["stored"] = sorted(Notification.objects.filter(topic__startswith="g").values_list("topic", flat=True))
found["without a sending"] = Notification.objects.filter(topic="g3").count()

# One recalled meanwhile keeps the position of its recall for later.
several = [notify([f"topic:p{n}"], "p")[0] for n in range(3)]
Notification.objects.filter(pk=several[1].pk).update(recalled_at=now)
for number, row in enumerate(several):
    row.position = 100 + number
rows.set_positions(several, recalled=False)
ordered = Notification.objects.filter(topic__startswith="p").order_by("topic")
found["positions"] = list(ordered.values_list("position", flat=True))
several[1].recalled_at = now
rows.set_positions([several[1]], recalled=True)
found["of the recall"] = Notification.objects.get(pk=several[1].pk).position
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    server = Postgres(tmp_path_factory.mktemp("postgres"), Ports.free(0).postgres)
    server.start()
    try:
        server.wait_ready()
        done = subprocess.run(
            [sys.executable, "-c", SEND],
            cwd=ROOT,
            env={**os.environ, "HUB_DATABASE_URL": server.url, "DJANGO_SETTINGS_MODULE": "hub.settings"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        yield json.loads(done.stdout.splitlines()[-1])
    finally:
        server.stop()
        server.remove()


def test_one_statement_stores_a_sending_with_its_notification(found: dict[str, Any]) -> None:
    assert found["statements"] == ["WITH"]


def test_what_is_stored_is_what_django_would_store(found: dict[str, Any]) -> None:
    assert found["as django stores it"]
    assert found["its sending too"]


def test_race_of_those_that_come_at_the_same_time_one_is_refused_and_the_others_are_stored(
    found: dict[str, Any],
) -> None:
    assert found["groups"] == [1, 5]
    assert found["answers"] == ["g0", "g1", "g2", "IntegrityError", "g4", "g5"]
    assert found["stored"] == ["g0", "g1", "g2", "g4", "g5"]


def test_race_one_recalled_meanwhile_does_not_get_the_position_of_its_notification(
    found: dict[str, Any],
) -> None:
    assert found["positions"] == [100, None, 102]
    assert found["of the recall"] == 101
