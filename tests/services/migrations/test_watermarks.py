"""Watermarks become read states on the way back, on both databases: nothing turns unread."""

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
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from notifications.inbox import read_state
from notifications.models import Notification, Reading
from notifications.sending import recalls

def go(name):
    MigrationExecutor(connection).migrate([("hub_notifications", name)])
    state = MigrationExecutor(connection).loader.project_state(("hub_notifications", name))
    return state.apps.get_model("hub_notifications", "Reading").objects

def make(title, position, ago):
    at = timezone.now() - timedelta(hours=ago)
    return Notification.objects.create(
        topic="everyone", title=title, position=position, created_at=at, due_at=at
    )

def states(rows):
    return {
        (one.notification.title, one.user.username, bool(one.seen_at), bool(one.read_at))
        for one in rows.select_related("notification", "user")
    }

call_command("migrate", verbosity=0)
ann, bob = (
    User.objects.create_user(name, date_joined=timezone.now() - timedelta(hours=ago))
    for name, ago in (("ann", 9), ("bob", 5))
)
make("before bob", 1, 7), make("expired", 2, 6), make("unread again", 3, 4), make("recalled", 4, 4)
Notification.objects.filter(title="expired").update(expires_at=timezone.now() - timedelta(hours=1))
read_state.read_all(ann)
read_state.see_all(bob)
read_state.unread(ann, Notification.objects.get(title="unread again").pk)
recalled = Notification.objects.get(title="recalled")
recalls.recall(recalled.pk)
Notification.objects.filter(pk=recalled.pk).update(position=5)
make("after", 6, 4)
old = go("0023_profile")
expected = {
    ("before bob", "ann", True, True),
    ("unread again", "ann", True, False),
    ("unread again", "bob", True, False),
    ("recalled", "ann", True, True),
    ("recalled", "bob", True, False),
}
assert states(old) == expected, states(old)
go("0024_watermarks")
call_command("migrate", verbosity=0)
assert states(Reading.objects) == expected
print("walked")
"""


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_what_was_read_at_once_stays_read(
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
    assert done.stdout.startswith("walked")
