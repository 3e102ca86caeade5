"""Identifiers use the terms of docs/architecture.md, and none that were retired there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ARCHITECTURE = ROOT / "docs" / "architecture.md"
PACKAGES = ("hub", "notifications")

# Lines of text or of a drawing, and settings that are published.
LINES = frozenset(
    {"channel", "twisted_internals", "player", "demo", "events", "sse", "chart", "overview", "ndjson"}
)
PUBLISHED = frozenset({"HUB_ROOM_LINES_PER_DAY", "HUB_ROOM_LINES_PER_S"})

DECLARED = re.compile(r"\b(?:const|let|function\*?|class|get|set)\s+(?:\{([^}]*)\}|\[([^\]]*)\]|([#$\w]+))")
NOT_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|`(?:\\.|[^`\\])*`|\"[^\"\n]*\"", re.DOTALL)
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def retired() -> frozenset[str]:
    section = ARCHITECTURE.read_text().split("### Retired words", 1)[1].split("\n#", 1)[0]
    first_cells = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    return frozenset(word for cell in first_cells for word in re.findall(r"`([a-z]+)`", cell))


def bears(identifier: str, words: frozenset[str]) -> bool:
    return any(word.lower() in words for word in WORD.findall(identifier))


def declared_in_python(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def declared_in_javascript(source: str) -> Iterator[str]:
    for match in DECLARED.finditer(NOT_CODE.sub("", source)):
        for names in match.groups():
            yield from re.findall(r"[$\w]+", names or "")


def sources() -> Iterator[tuple[Path, list[str]]]:
    """Each module of ours, and the identifiers that it declares, its own name among them."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, [path.stem, *declared_in_python(path.read_text())]
    for path in sorted((ROOT / "notifications" / "static").rglob("*.js")):
        yield path, [path.stem, *declared_in_javascript(path.read_text())]


def test_no_identifier_bears_a_retired_word() -> None:
    words = retired()

    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, names in sources()
        for name in sorted(set(names) - PUBLISHED)
        if bears(name, words - {"line", "lines"} if path.stem in LINES else words)
    ]

    assert not found, "\n".join(["see docs/architecture.md, Retired words", *found])


def test_no_module_of_tests_bears_a_retired_word() -> None:
    words = retired()

    assert not [path for path in (ROOT / "tests").rglob("*.py") if bears(path.stem, words)]


def test_a_declaration_of_any_kind_is_seen() -> None:
    source = "class DoorKeeper:\n    def open(self, line: str) -> None:\n        self.said = told = line\n"

    assert {"DoorKeeper", "line", "said", "told"} <= set(declared_in_python(source))


def test_a_declaration_of_any_kind_is_seen_in_javascript() -> None:
    source = "export const { door, open } = say(); // let told\nfunction hearAll(a) { let [line] = a; }"

    assert set(declared_in_javascript(source)) == {"door", "open", "hearAll", "line"}


def test_a_word_is_seen_within_an_identifier() -> None:
    assert bears("_lineReader", frozenset({"line"}))
    assert bears("MOST_LINES", frozenset({"lines"}))
    assert not bears("deadline", frozenset({"line"}))
