"""The documents say what is true: every setting stands in the one table, and nothing else does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import hub

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_names_every_setting_that_is_read_and_no_other() -> None:
    read = set(re.findall(r'"(HUB_[A-Z_]+)"', (ROOT / "hub" / "settings.py").read_text()))
    named = set(re.findall(r"`(HUB_[A-Z_]+)`", (ROOT / "docs" / "configuration.md").read_text()))

    assert named == read


def test_the_version_is_said_alike_in_both_places() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == hub.__version__
