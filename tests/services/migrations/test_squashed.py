"""A database that was migrated before migrations were squashed is migrated."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests import ROOT

WALK = """
import django; django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
call_command("migrate", verbosity=0)
recorder = MigrationRecorder(connection)
replacements = MigrationExecutor(connection).loader.replacements
squashed = [one for app, one in replacements.items() if app[0] == "hub_notifications"]
assert squashed
for one in squashed:
    recorder.record_unapplied("hub_notifications", one.name)
    for app, name in one.replaces:
        recorder.record_applied(app, name)
executor = MigrationExecutor(connection)
assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
call_command("migrate", verbosity=0)
print("walked")
"""


def test_nothing_is_applied_twice(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WALK],
        cwd=ROOT,
        env={
            **os.environ,
            "HUB_DATABASE_URL": f"sqlite:///{tmp_path}/hub.sqlite3",
            "DJANGO_SETTINGS_MODULE": "hub.settings",
        },
        capture_output=True,
        text=True,
    )

    assert done.stdout.strip() == "walked", done.stderr
