"""Of several notifications with one key the newest stays, and back again, on both databases."""

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
from datetime import timedelta
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

def go(name):
    MigrationExecutor(connection).migrate([("hub_notifications", name)])
    state = MigrationExecutor(connection).loader.project_state(("hub_notifications", name))
    return state.apps.get_model("hub_notifications", "Notification").objects

call_command("migrate", verbosity=0)
rows = go("0016_permission_names")
rows.all().delete()
now = timezone.now()
later = now + timedelta(hours=1)

def make(title, topic="everyone", key="disk", due_at=now, position=1, **more):
    rows.create(title=title, topic=topic, key=key, due_at=due_at, position=position, **more)

make("first"), make("second", position=2), make("third", position=3)
make("elsewhere", topic="rack-1")
make("without 1", key=""), make("without 2", key="")
make("recalled", recalled_at=now)
make("later 1", due_at=later, position=None), make("later 2", due_at=later, position=None)

def live(rows):
    return set(rows.filter(recalled_at=None).values_list("title", flat=True))

kept = {"third", "elsewhere", "without 1", "without 2", "later 2"}
new = go("0017_one_per_key")
assert live(new) == kept, live(new)
gone = new.filter(recall_reason="replaced").values_list("title", "position")
assert set(gone) == {("first", None), ("second", None), ("later 1", 0)}, gone
assert set(new.filter(pending=True).values_list("title", flat=True)) == {"later 1", "later 2"}
assert live(go("0016_permission_names")) == kept
assert live(go("0017_one_per_key")) == kept
print("walked")
"""


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_the_newest_of_a_key_stays(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path}/hub.sqlite3" if database == "sqlite" else request.getfixturevalue("postgres")

    done = subprocess.run(
        [sys.executable, "-c", WALK],
        cwd=ROOT,
        env={**os.environ, "HUB_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "hub.settings"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("walked")
