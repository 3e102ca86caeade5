"""Private names of other people's packages stay where the architecture page lists them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUARANTINE = "hub/server/twisted_internals.py"
# Documented by Django or Python, in spite of the underscore.
PUBLIC = {"_meta", "_default_manager", "_exit", "_fields", "_replace"}
ALLOWED = {
    "hub/server/error_responses.py": {"_has_been_logged"},
    "notifications/retention.py": {"_raw_delete"},
    "notifications/sign_in/audit_log.py": {"_password"},
}


def sources() -> dict[str, ast.Module]:
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text())
        for package in ("hub", "notifications")
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts
    }


def is_private(name: object) -> bool:
    return isinstance(name, str) and name.startswith("_") and not name.startswith("__")


def members(tree: ast.Module) -> Iterator[str]:
    """Private names that the classes of a module define, or set on themselves."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield part.name
                elif isinstance(part, ast.Assign | ast.AnnAssign):
                    yield from (one.id for one in ast.walk(part) if isinstance(one, ast.Name))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node.value):
            yield node.attr


def foreign(tree: ast.Module, own: set[str]) -> Iterator[str]:
    """Private names that a module takes from what is not ``own``."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) if name not in own:
                names = [name]
            case ast.Call(
                func=ast.Name(id="getattr" | "setattr"), args=[_, ast.Constant(value=str(name)), *_]
            ):
                names = [name]
            case ast.ImportFrom(module=str(module), names=aliases) if not module.startswith(("hub", "notif")):
                names = [*module.split("."), *(alias.name for alias in aliases)]
            case _:
                continue
        yield from filter(is_private, names)


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def test_private_names_of_other_packages_are_touched_where_they_are_listed_alone() -> None:
    trees = sources()
    own = {name for tree in trees.values() for name in members(tree)}

    taken = {
        path: set(foreign(tree, own)) - PUBLIC - ALLOWED.get(path, set()) for path, tree in trees.items()
    }

    assert taken.pop(QUARANTINE), "the test finds those that there are"
    assert {path: names for path, names in taken.items() if names} == {}, (
        "use a public name. What only Twisted's private ones can do belongs into "
        f"{QUARANTINE}; of other packages, list it here and in docs/architecture.md."
    )


def test_what_is_listed_is_still_touched_and_on_the_architecture_page() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    trees = sources()

    for path, names in ALLOWED.items():
        assert names <= set(foreign(trees[path], set()))
        assert [name for name in names if f"{name}`" not in page] == []
    assert QUARANTINE in page


def test_a_private_name_taken_from_another_package_is_caught() -> None:
    module = ast.parse("from redis import Redis\nclient = Redis()\nstream = client.connection._reader\n")

    assert list(foreign(module, own={"_write"})) == ["_reader"]
