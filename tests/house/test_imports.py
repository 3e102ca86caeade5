"""The import contracts of pyproject.toml hold, and what breaks one is caught (docs/architecture.md)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("hub", "notifications"):
        for path in (ROOT / package).rglob("*.py"):
            target = tmp_path / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return tmp_path


def test_every_contract_holds() -> None:
    linted = lint(ROOT)

    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize(
    ("module", "statement", "contract"),
    [
        ("hub/log/__init__.py", "from hub.delivery import fanout", "The packages of hub are layers"),
        ("hub/feeds/endpoint.py", "from hub.rooms import protocol", "The packages of hub are layers"),
        ("hub/ports.py", "from notifications import models", "hub does not import notifications"),
        ("hub/support/coalesce.py", "from hub.support import ttl_cache", "No circles"),
        ("notifications/access/judge.py", "from notifications import api", "The packages of notifications"),
        ("notifications/sending/outbox.py", "from notifications.sending import notify", "No circles"),
    ],
)
@pytest.mark.parametrize("when", ["at run time", "for types only"])
def test_an_import_that_breaks_one_is_caught(
    copy: Path, module: str, statement: str, contract: str, when: str
) -> None:
    if when == "for types only":
        statement = f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {statement}"
    with (copy / module).open("a") as source:
        source.write(f"\n{statement}\n")

    linted = lint(copy)

    assert linted.returncode == 1
    broken = [line for line in linted.stdout.splitlines() if line.startswith(contract)]
    assert any("BROKEN" in line for line in broken)


def test_a_new_module_has_to_be_given_a_layer(copy: Path) -> None:
    (copy / "hub" / "newcomer.py").touch()

    linted = lint(copy)

    assert linted.returncode == 1
    assert "newcomer" in linted.stdout
