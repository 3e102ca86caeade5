"""The hub serves the people of a project, whatever their model, and the engine of their sessions."""

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

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = Postgres(tmp_path_factory.mktemp("postgres"), Ports.free(0).postgres)
    try:
        server.start()
        yield server.url
    finally:
        server.stop()
        server.remove()


@pytest.mark.parametrize(
    ("model", "engine", "on_postgres"),
    [
        ("Person", "cached_db", True),
        ("Member", "signed_cookies", True),
        ("Account", "cache", False),
    ],
)
def test_people_of_a_project(
    model: str, engine: str, on_postgres: bool, postgres: str, tmp_path: Path
) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PYTEST_"))}
    database = postgres if on_postgres else f"sqlite:///{tmp_path / 'project.sqlite3'}"

    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider"),
            *("--ds", "tests.services.user_models.settings", f"--basetemp={tmp_path / 'checks'}"),
            *(str(HERE / name) for name in ("checks.py", "issued_tokens.py")),
        ],
        cwd=ROOT,
        env={**env, "USER_MODEL": model, "ENGINE": engine, "HUB_DATABASE_URL": database},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout[-8000:]
