"""The documents say what is true, and the code names no document or test that is not there."""

from __future__ import annotations

import re
import tomllib

import hub
from tests import ROOT


def test_the_table_names_every_setting_that_is_read_and_no_other() -> None:
    modules = [(ROOT / "hub" / f"{name}.py").read_text() for name in ("conf", "settings")]
    read = set(re.findall(r'"(HUB_[A-Z_]+)"', "\n".join(modules)))
    named = set(re.findall(r"`(HUB_[A-Z_]+)`", (ROOT / "docs" / "configuration.md").read_text()))

    assert named == read


def test_the_version_is_the_same_in_both_places() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == hub.__version__


def test_every_document_and_test_that_the_code_names_is_there() -> None:
    sources = [
        *(
            path
            for part in ("hub", "notifications", "nginx", "templates", "tests")
            for path in ROOT.glob(f"{part}/**/*")
        ),
        *(ROOT / name for name in ("Makefile", "Dockerfile", "docker-compose.yml", "pyproject.toml")),
    ]
    named = {
        (found, path.relative_to(ROOT).as_posix())
        for path in sources
        if path.suffix in {".py", ".js", ".lua", ".html", ".template", ".sh", ".toml", ".yml", ""}
        and "node_modules" not in path.parts
        and path.is_file()
        for found in re.findall(
            r"\b(?:docs|tests)/[\w/]+\.(?:md|py|sh|json)\b", path.read_text(encoding="utf-8")
        )
    }

    assert [it for it in sorted(named) if not (ROOT / it[0]).exists()] == []
