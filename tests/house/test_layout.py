"""The path of a test says what it needs (CONTRIBUTING.md, Tests)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ROOT

TESTS = ROOT / "tests"
# What starts a program, or speaks with one that somebody else has to start.
PROGRAMS = (
    "playwright",
    "psycopg",
    "redis",
    "tests.browser",
    "tests.cluster",
    "tests.services",
    "tests.system",
)
HARMLESS = "redis.exceptions"
MAX_ENTRIES = 25


def imported(text: str) -> Iterator[str]:
    """The dotted names that a module imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def starts_programs(text: str) -> bool:
    return any(
        within(name, program) and not within(name, HARMLESS)
        for name in imported(text)
        for program in PROGRAMS
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import redis.asyncio", True),
        ("from redis.exceptions import RedisError", False),
        ("from tests import cluster", True),
        ("def late():\n    from tests.cluster.redis import Redis", True),
        ("from tests import ROOT", False),
    ],
)
def test_an_import_of_a_program_is_found_wherever_it_stands(text: str, found: bool) -> None:
    assert starts_programs(text) is found


@pytest.mark.parametrize("folder", ["unit", "house"])
def test_what_needs_nothing_starts_no_program(folder: str) -> None:
    starting = [
        str(path.relative_to(ROOT))
        for path in TESTS.joinpath(folder).rglob("*.py")
        if starts_programs(path.read_text(encoding="utf-8"))
    ]

    assert starting == []


def test_services_start_no_cluster() -> None:
    starting = [
        str(path.relative_to(ROOT))
        for path in TESTS.joinpath("services").rglob("*.py")
        if "tests.cluster.Cluster" in imported(path.read_text(encoding="utf-8"))
    ]

    assert starting == []


def test_every_test_lies_in_a_folder_that_says_what_it_needs() -> None:
    folders = {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("test_*.py")}

    assert folders <= {"unit", "house", "services", "system", "browser"}


def test_no_folder_is_too_long_to_be_read() -> None:
    folders: dict[Path, int] = {}
    for path in TESTS.rglob("*"):
        if path.name != "__pycache__" and path.suffix != ".pyc" and "node_modules" not in path.parts:
            folders[path.parent] = folders.get(path.parent, 0) + 1

    assert {str(path): count for path, count in folders.items() if count > MAX_ENTRIES} == {}
