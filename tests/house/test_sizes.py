"""A file is one subject, and a folder can be read at a glance."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_LINES = 250  # of a module
MAX_MODULES = 16  # at the root of an app
MAX_FILES = 25  # in a folder


def modules(kind: str) -> list[Path]:
    found = [path for app in ("hub", "notifications") for path in (ROOT / app).rglob(kind)]
    return [path for path in found if "migrations" not in path.parts]


@pytest.mark.parametrize("kind", ["*.py", "*.js"])
def test_no_module_is_two_subjects(kind: str) -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in modules(kind)}
    assert lengths

    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}


@pytest.mark.parametrize("app", ["hub", "notifications"])
def test_the_root_of_an_app_can_be_read_at_a_glance(app: str) -> None:
    assert len(list((ROOT / app).glob("*.py"))) <= MAX_MODULES


@pytest.mark.parametrize("top", ["hub", "notifications", "templates", "docs", "nginx"])
def test_no_folder_holds_too_many_files(top: str) -> None:
    folders = {path.parent for path in (ROOT / top).rglob("*") if path.suffix != ".pyc"}
    counts = {folder: sum(path.is_file() for path in folder.iterdir()) for folder in folders}

    assert {folder: count for folder, count in counts.items() if count > MAX_FILES} == {}
