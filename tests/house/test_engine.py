"""`hub` works with topics and events: what its application makes of them is named nowhere in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifications import serialization
from notifications.rooms.kinds import KINDS
from tests import ROOT

# "json" is a notation before it is a kind.
NAMES = {*serialization.EVENT_TYPES, *(kind.name for kind in KINDS)} - {"json"}
# Members of the hub's own frames, too.
ALSO_FIELDS = {"count": {"hub/rooms", "hub/ops"}}


def literals(source: str) -> Iterator[str]:
    """The strings and bytes of a module, without its docstrings."""
    tree = ast.parse(source)
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in prose:
            if isinstance(node.value, str):
                yield node.value
            elif isinstance(node.value, bytes):
                yield node.value.decode("latin-1")


def named(path: Path) -> set[str]:
    """What a module names of the application."""
    found = set(literals(path.read_text()))
    folder = path.parent.relative_to(ROOT).as_posix()
    names = {name for name in NAMES if folder not in ALSO_FIELDS.get(name, ())}
    return (found & names) | {text for text in found if "/api/" in text}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('if event.type == "notification": ...', {"notification"}),
        ('path = f"/api/v1/events?{query}"', {"/api/v1/events?"}),
        ('line = b"/api/"', {"/api/"}),
        ('"""A notification, by /api/v1/."""', set()),
    ],
)
def test_a_name_is_found_in_a_literal(source: str, found: set[str]) -> None:
    assert {text for text in literals(source) if text in NAMES or "/api/" in text} == found


def test_the_engine_names_nothing_of_its_application() -> None:
    modules = [path for path in (ROOT / "hub").rglob("*.py") if path.name not in ("conf.py", "settings.py")]

    assert {str(path.relative_to(ROOT)): names for path in modules if (names := named(path))} == {}
