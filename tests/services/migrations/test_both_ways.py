"""Every migration goes forward and back, with rows in the tables, on both databases.

What was done stands after it as before: neither changed nor deleted, also with whoever did it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ROOT
from tests.cluster.ports import Ports
from tests.cluster.postgres import Postgres

WALK = """
import django; django.setup()
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection, transaction
from notifications.access import belongings
from notifications.demo import seed
from notifications.models import Arrival, AuditEntry, Notification, Subscription
call_command("migrate", verbosity=0)
seed.make()
AuditEntry.objects.create(actor="bob", act="drain")
User.objects.get(username="carol").groups.add(Group.objects.get(name="ops"))
Subscription.objects.create(user=User.objects.get(username="bob"), topic="releases")
kept = set(Notification.objects.values_list("pk", flat=True))
names = sorted(name for app, name in MigrationLoader(connection).disk_migrations if app == "hub_notifications")
for name in reversed(names[:-1]):
    call_command("migrate", "hub_notifications", name, verbosity=0)
call_command("migrate", verbosity=0)
assert set(Notification.objects.values_list("pk", flat=True)) == kept
# Who was there before it was noted when they came was always there.
assert Arrival.objects.count() == 4
assert all(one.since == one.user.date_joined for one in Arrival.objects.select_related("user"))
ids = list(User.objects.values_list("pk", flat=True))
belongings.of(ids)
assert all(one.since == one.user.date_joined for one in Arrival.objects.select_related("user"))
call_command("migrate", "hub_notifications", "zero", verbosity=0)
call_command("migrate", verbosity=0)
seed.make()
bob = User.objects.get(username="bob")
AuditEntry.objects.create(actor_id=bob.pk, actor="bob", act="drain")
bob.delete()
table = AuditEntry._meta.db_table
for change in (f"UPDATE {table} SET actor = 'eve'", f"DELETE FROM {table}"):
    try:
        with transaction.atomic():
            connection.cursor().execute(change)
        raise SystemExit(change)
    except DatabaseError as error:
        assert str(error).startswith("the audit log is append-only"), error
assert AuditEntry.objects.get().actor == "bob"
print("walked", len(names), "with", len(kept))
"""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = Postgres(tmp_path_factory.mktemp("postgres"), Ports.free(0).postgres)
    server.start()
    server.wait_ready()
    yield server.url
    server.stop()
    server.remove()


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_every_migration_goes_back_and_forth(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/hub.sqlite3" if database == "sqlite" else request.getfixturevalue("postgres")

    done = subprocess.run(
        [sys.executable, "-c", WALK],
        cwd=ROOT,
        env={
            **os.environ,
            "HUB_DATABASE_URL": url,
            "HUB_DEMO": "1",
            "DJANGO_SETTINGS_MODULE": "hub.settings",
        },
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("walked")
