"""The role that serves does all that the hub does, and cannot touch what the audit log has."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests import ROOT
from tests.cluster.instance import Instance
from tests.cluster.ports import HOST, Ports
from tests.cluster.postgres import Postgres


class TwoRoles(Postgres):
    """As docs/operations/postgres.sql makes it; its superuser is another."""

    def _make_data(self) -> Path:
        data = self._make_folder()
        words = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        self._run(data, "initdb", "-D", str(data), *words)
        self._serve(data)
        return data

    def url_of(self, role: str) -> str:
        return f"postgres://{role}@{HOST}:{self.port}/hub"

    def prepare(self, words: tuple[str, ...] = ("-v", "owner_password=a", "-v", "hub_password=b")) -> int:
        psql = [str(self._programs / "psql"), "-q", "-h", HOST, "-p", str(self.port), "-U", "postgres"]
        script = str(ROOT / "docs" / "operations" / "postgres.sql")
        done = subprocess.run([*psql, *words, "-d", "postgres", "-f", script], capture_output=True, text=True)
        return done.returncode


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoRoles]:
    postgres = TwoRoles(tmp_path_factory.mktemp("postgres"), Ports.free(1).postgres)
    try:
        postgres.start()
        postgres.wait_ready()
        assert postgres.prepare() == 0
        manage("migrate", "--verbosity", "0", url=postgres.url_of("hub_owner"))
        yield postgres
    finally:
        postgres.stop()
        postgres.remove()


def manage(*words: str, url: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    env |= {"HUB_DATABASE_URL": url, "HUB_DEMO": "1"}
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def instance(postgres: TwoRoles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One that serves as the role for it, with a demo made by that role, too."""
    manage("demo", url=postgres.url_of("hub"))
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    env |= {"HUB_DATABASE_URL": postgres.url_of("hub"), "HUB_DEMO": "1"}
    instance = Instance(tmp_path_factory.mktemp("hub"), "hub-1", Ports.free(1).instances[0], env)
    instance.start()
    instance.wait_ready(60)
    yield instance
    instance.stop()


def test_the_hub_serves_as_a_role_that_owns_nothing(postgres: TwoRoles, instance: Instance) -> None:
    with httpx.Client(base_url=instance.url, timeout=20) as client:
        client.get("/accounts/login/")
        form = {"username": "admin", "password": "demo", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        signed_in = client.post("/accounts/login/", data=form, headers={"Referer": instance.url})
        posted = client.post(
            "/api/v1/notifications",
            json={"to": ["user:admin"], "title": "Hello"},
            headers={"Authorization": "Bearer demo-key"},
        )
        page = client.get("/dashboard/audit/")

    assert (signed_in.status_code, posted.status_code, page.status_code) == (302, 201, 200)
    manage("trim", url=postgres.url_of("hub"))
    with psycopg.connect(postgres.url_of("hub")) as database:
        assert database.execute(
            "SELECT count(*) FROM hub_notifications_auditentry WHERE act = 'login'"
        ).fetchone() == (1,)
        owned = "SELECT count(*) FROM pg_class WHERE pg_has_role('hub', relowner, 'USAGE')"
        assert database.execute(owned).fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hub_notifications_auditentry SET actor = 'nobody'",
        "DELETE FROM hub_notifications_auditentry",
        "TRUNCATE hub_notifications_auditentry",
        "DROP TRIGGER hub_audit ON hub_notifications_auditentry",
        "ALTER TABLE hub_notifications_auditentry DISABLE TRIGGER ALL",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "COPY auth_user TO '/tmp/people'",
        "CREATE TABLE mine (id int)",
        "SET ROLE hub_owner",
        "SET session_replication_role = replica",
        "TRUNCATE auth_user CASCADE",
    ],
)
def test_the_role_that_serves_is_refused(postgres: TwoRoles, statement: str) -> None:
    with psycopg.connect(postgres.url_of("hub")) as database, pytest.raises(psycopg.Error) as refused:
        database.execute(statement)

    assert refused.value.sqlstate == "42501"  # insufficient privilege


@pytest.mark.parametrize(
    "statement", ["TRUNCATE hub_notifications_auditentry", "TRUNCATE hub_notifications_auditentry CASCADE"]
)
def test_even_its_owner_does_not_empty_the_audit_log(postgres: TwoRoles, statement: str) -> None:
    owner = psycopg.connect(postgres.url_of("hub_owner"))
    with owner as database, pytest.raises(psycopg.Error, match="append-only"):
        database.execute(statement)


def test_a_table_that_a_migration_makes_later_can_be_written_to(postgres: TwoRoles) -> None:
    with psycopg.connect(postgres.url_of("hub_owner")) as database:
        database.execute("CREATE TABLE later (id bigint GENERATED BY DEFAULT AS IDENTITY, word text)")
    with psycopg.connect(postgres.url_of("hub")) as database:
        database.execute("INSERT INTO later (word) VALUES ('hello')")
        database.execute("UPDATE later SET word = 'bye'")
        database.execute("DELETE FROM later")


def test_the_script_can_be_run_again_and_gives_nothing_back(postgres: TwoRoles) -> None:
    assert postgres.prepare() == 0

    with psycopg.connect(postgres.url_of("hub")) as database, pytest.raises(psycopg.Error):
        database.execute("DELETE FROM hub_notifications_auditentry")


def test_without_passwords_it_stops(postgres: TwoRoles) -> None:
    assert postgres.prepare(()) != 0


def test_the_doctor_names_a_role_that_is_too_strong(postgres: TwoRoles, monkeypatch: Any) -> None:
    look = (
        "from django.conf import settings; settings.HUB_DEMO = False;"
        "from hub.doctor import backends; from hub.doctor.report import Report;"
        "report = Report(url=''); backends.check_database(report);"
        "print([found.id for found in report.findings])"
    )

    found = {role: manage("shell", "-v", "0", "-c", look, url=postgres.url_of(role)) for role in ROLES}

    assert {role: '"hub.D028"' in output.replace("'", '"') for role, output in found.items()} == ROLES


ROLES = {"hub": False, "hub_owner": True, "postgres": True}
