"""A clone in an empty folder is whole: nothing in it reads what lies beside it, and no test is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests import ROOT

PARTS = (
    "*",
    ".ci/*",
    *(f"{part}/**/*" for part in ("docs", "hub", "nginx", "notifications", "templates", "tests")),
)
TEXTS = {".py", ".js", ".mjs", ".md", ".sh", ".html", ".toml", ".yml", ".template", ".service", ".timer", ""}

# How many folders up. A file's own folder is `parents[0]`; `../` begins there.
PARENTS = re.compile(r"__file__\)(?:\.\w+\(\))*\.parents\[(\d+)\]")
CLIMBS = re.compile(r"(?:\.\./)+")
LEFT_OUT = re.compile(
    r"\bskip(?:if|_?test|unless)?\(|\bimportorskip\b|\bmark\.(?:skip|xfail)|\bpytest\.(?:skip|xfail)"
)


def sources() -> Iterator[tuple[Path, str]]:
    for part in PARTS:
        for path in ROOT.glob(part):
            if "node_modules" in path.parts or path.suffix not in TEXTS or path == Path(__file__):
                continue
            if path.is_file() and path.name[:1] != ".":
                yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


def climbs(text: str) -> Iterator[tuple[str, int]]:
    """Each way up, and how many folders above that of its file it leads."""
    for found in PARENTS.finditer(text):
        yield found[0], int(found[1])
    for found in CLIMBS.finditer(text):
        yield found[0], found[0].count("/")


def test_no_source_names_a_path_outside_the_repository() -> None:
    outside = [
        f"{path}: {way}"
        for path, text in sources()
        for way, folders in climbs(text)
        if folders >= len(path.parts)
    ]

    assert not outside


def test_no_test_is_left_out() -> None:
    left_out = [f"{path}: {found[0]}" for path, text in sources() for found in LEFT_OUT.finditer(text)]

    assert not left_out
