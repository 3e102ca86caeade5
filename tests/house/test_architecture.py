"""docs/architecture.md describes the tree that is there."""

from __future__ import annotations

import re

from tests import ROOT
from tests.house.page import page

PAGE = page("architecture")
# No modules of Python: what a server offers in its scope, a topic, and a script.
OTHERS = {"hub.adopt", "hub.control", "hub.js"}


def modules() -> set[str]:
    found = (path for part in ("hub", "notifications") for path in (ROOT / part).rglob("*.py"))
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in found
    }


def packages() -> set[str]:
    found = (path.parent for part in ("hub", "notifications") for path in (ROOT / part).rglob("__init__.py"))
    names = {".".join(path.relative_to(ROOT).parts) for path in found}
    return {name for name in names if not {"management", "migrations"}.intersection(name.split("."))}


def test_every_package_has_a_row_and_no_other_has() -> None:
    listed = re.findall(r"^\| `((?:hub|notifications)(?:\.\w+)*)` \|", PAGE.text, re.M)

    assert sorted(listed) == sorted(packages())


def test_every_module_that_is_named_exists() -> None:
    named = set(re.findall(r"\b(?:hub|notifications)(?:\.[a-z_]+)+", PAGE.text)) - OTHERS

    assert named
    assert sorted(named - modules()) == []


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:hub|notifications|tests)/[\w/]+\.\w+)`", PAGE.text))

    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
