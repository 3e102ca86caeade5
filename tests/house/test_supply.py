"""What the hub is made of: known fixes are in it, hashes are demanded, and it can be listed."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# The first version with the last fix that matters to a hub.
FIXED = {
    "daphne": "4.2.2",  # unbounded header
    "django": "5.2.15",
    "pyjwt": "2.15",  # CVE-2026-102267
    "requests": "2.34.2",  # CVE-2026-25645
    "twisted": "26.10",  # CVE-2026-42304, and bare line ends
    "urllib3": "2.8",  # CVE-2026-44431
    "werkzeug": "3.1.9",  # CVE-2026-27199
}
# What the hub uses beyond documentation (docs/architecture.md): nobody gets an untried major version of it.
CAPPED = (
    "channels",
    "channels-redis",
    "daphne",
    "django",
    "django-eventstream",
    "django-ninja",
    "hiredis",
    "pydantic",
    "redis",
    "twisted",
    "websockets",
)
DIGEST = "sha256:" + "ab" * 32


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


REQUIRED = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["tracing"]]


def floors() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?>=([0-9.]+)", "\n".join(REQUIRED), re.MULTILINE))


def ceilings() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+).*,<([0-9.]+)$", "\n".join(REQUIRED), re.MULTILINE))


def imported() -> set[str]:
    """Packages that the code imports, outside the standard library."""
    names = set()
    for path in (path for package in ("hub", "notifications") for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"hub", "notifications"}


def pins(file: str = "constraints.txt") -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([0-9a-z.]+)", (ROOT / file).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", FIXED)
def test_no_version_with_a_known_fault_can_be_installed(name: str) -> None:
    assert version(floors()[name]) >= version(FIXED[name])
    assert version(pins()[name]) >= version(FIXED[name])


@pytest.mark.parametrize("name", CAPPED)
def test_no_major_version_that_no_one_has_looked_at_can_be_installed(name: str) -> None:
    assert version(pins()[name]) < version(ceilings()[name])


def test_every_package_that_the_code_imports_is_declared() -> None:
    distributions = importlib.metadata.packages_distributions()

    undeclared = {
        name
        for name in imported()
        if not floors().keys() & {one.lower().replace("_", "-") for one in distributions[name]}
    }

    assert undeclared == set()


def test_what_makes_the_pins_is_pinned_itself() -> None:
    makefile = (ROOT / "Makefile").read_text()

    assert re.search(r"^UV = uv==\d+\.\d+\.\d+$", makefile, re.MULTILINE)
    assert "pip install --quiet $(UV)" in makefile


def test_what_is_tested_is_what_runs() -> None:
    tested = pins("constraints-dev.txt")

    assert {name: tested.get(name) for name in pins()} == pins()


def test_the_list_of_materials_names_every_package_by_version_and_hash(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    command = ["make", "--old-file", ".venv/test.stamp", "sbom"]

    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert made.returncode == 0, made.stderr
    listed = {part["name"]: part for part in json.loads((tmp_path / "sbom.json").read_text())["components"]}
    assert {name: part["version"] for name, part in listed.items()} == pins()
    unhashed = [
        name
        for name, part in listed.items()
        if not any(reference.get("hashes") for reference in part.get("externalReferences", ()))
    ]
    assert unhashed == []


def test_images_are_written_down_by_what_they_are(tmp_path: Path) -> None:
    for name in ("Dockerfile", "docker-compose.yml"):
        shutil.copy(ROOT / name, tmp_path)
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\necho {DIGEST}\n")
    docker.chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["sh", str(ROOT / "docs/operations/digests.sh"), "Dockerfile", "docker-compose.yml"]

    for _ in range(2):
        subprocess.run(command, cwd=tmp_path, env=env, check=True)

    dockerfile, compose = ((tmp_path / name).read_text() for name in ("Dockerfile", "docker-compose.yml"))
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    images = re.findall(r"^ +image: (\S+)", compose, re.MULTILINE)
    outside = [name for name in [*bases, *images] if name != "code" and not name.startswith("notification-")]
    assert outside
    assert [name for name in outside if not re.fullmatch(rf"[a-z]+:[0-9a-z.-]+@{DIGEST}", name)] == []


def test_an_image_that_cannot_be_looked_up_changes_nothing(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Dockerfile", tmp_path)
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\nexit 1\n")
    docker.chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    command = ["sh", str(ROOT / "docs/operations/digests.sh"), "Dockerfile"]

    done = subprocess.run(command, cwd=tmp_path, env=env)

    assert done.returncode != 0
    assert (tmp_path / "Dockerfile").read_text() == (ROOT / "Dockerfile").read_text()
