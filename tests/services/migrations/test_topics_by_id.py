"""Rows that name groups and rooms come to go by ids, and back again, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.services.migrations.test_both_ways import postgres

__all__ = ["postgres"]

WALK = """
import django; django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

BEFORE, AFTER = "0012_keys", "0013_topics_by_id"

def go(name):
    executor = MigrationExecutor(connection)
    executor.migrate([("hub_notifications", name)])
    return MigrationExecutor(connection).loader.project_state(("hub_notifications", name)).apps

call_command("migrate", verbosity=0)
apps = go(BEFORE)
get = lambda name, app="hub_notifications": apps.get_model(app, name).objects
group = get("Group", "auth")
for old in group.all():
    old.delete()
# Names that are others' ids, each the next one's and the last the first's; a long one and one of signs.
ids = [group.create(name=f"tmp{n}").pk for n in range(3)]
for n, id in enumerate(ids):
    group.filter(pk=id).update(name=str(ids[(n + 1) % 3]))
ops = group.create(name="ops").pk
signs = group.create(name="R&D \\u00e9").pk
long = group.create(name="\\u00e9" * 100).pk
import hashlib
spelled_long = "group-~h" + hashlib.sha256(("\\u00e9" * 100).encode()).hexdigest()
before = {
    "everyone": "everyone", "user-7": "user-7", "releases": "releases",
    "group-ops": f"group-{ops}", "group-R~26D~20~c3~a9": f"group-{signs}", spelled_long: f"group-{long}",
    "group-gone": "group-gone", "group-987654": "group-~n987654",
    **{f"group-{ids[(n + 1) % 3]}": f"group-{id}" for n, id in enumerate(ids)},
}
now = timezone.now()
for topic in before:
    get("Notification").create(topic=topic, title=topic, created_at=now, due_at=now)
get("ApiKey").create(name="k", digest="k", topics=["group-ops", "group-*", "job-*", f"group-{ids[1]}", "group-987654"])
room = get("Room").create(name="talk").pk
get("Room").create(name="other")
said = {"sender": "1", "name": "ann", "line_id": "a", "at": now}
for position, topic in ((1, "room-talk"), (2, "room-talk"), (3, "room-gone")):
    get("Line").create(topic=topic, position=position, body=position, **said)

apps = go(AFTER)
rows = lambda: dict(get("Notification").filter(title__in=before).values_list("title", "topic"))
assert rows() == before, rows()
topics = get("ApiKey").get(name="k").topics
assert topics == [f"group-{ops}", "group-*", "job-*", f"group-{ids[0]}", "group-~n987654"], topics
lines = list(get("Line").order_by("position").values_list("room_id", "position", "body"))
assert lines == [(room, 1, 1), (room, 2, 2)], lines
# A group that goes now is nobody's in the old way either.
get("Group", "auth").filter(pk=ops).delete()

apps = go(BEFORE)
assert rows() == {topic: f"group-~i{ops}" if topic == "group-ops" else topic for topic in before}, rows()
lines = list(get("Line").order_by("position").values_list("topic", "position"))
assert lines == [("room-talk", 1), ("room-talk", 2)], lines

apps = go(AFTER)
assert rows() == before, rows()
call_command("migrate", verbosity=0)
print("carried", len(before))
"""


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_topics_of_groups_and_messages_of_rooms_are_carried(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/hub.sqlite3" if database == "sqlite" else request.getfixturevalue("postgres")

    done = subprocess.run(
        [sys.executable, "-c", WALK],
        cwd=ROOT,
        env={**os.environ, "HUB_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "hub.settings"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("carried")
