"""Links lead somewhere, every picture is shown, and what a page says to type exists."""

from __future__ import annotations

import ast
import re
import subprocess

import pytest
from django.core.management import get_commands

from tests import ROOT
from tests.house.page import Page, pages

ALL = pages()


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.path.stem)
def test_every_link_leads_somewhere(page: Page) -> None:
    def leads(link: str) -> bool:
        path, _, anchor = link.partition("#")
        target = page.path.parent / path if path else page.path
        return target.exists() and (not anchor or anchor in Page(target).anchors)

    assert [link for link in sorted(page.links) if not leads(link)] == []


def test_every_picture_is_shown_by_a_page() -> None:
    shown = {(page.path.parent / link).resolve() for page in ALL for link in page.links}

    pictures = sorted(path for path in (ROOT / "docs" / "images").rglob("*") if path.is_file())
    assert [picture.name for picture in pictures if picture not in shown] == []


def test_every_picture_is_described() -> None:
    bare = {
        page.name: re.findall(r"!\[\s*\]\([^)]+\)|<img (?![^>]*alt=\"[^\"]+\")[^>]*>", page.prose)
        for page in ALL
    }

    assert {name: found for name, found in bare.items() if found} == {}


def test_every_page_is_reached_from_the_readme() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in ALL[0].links}

    assert [page.name for page in ALL[1:] if page.path not in linked] == []


def test_every_make_target_and_command_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    named = [
        (page.name, *found)
        for page in ALL
        for found in re.findall(r"\b(make|manage\.py) ([a-z]+)\b", code(page))
    ]

    wrong = [it for it in named if it[2] not in (targets if it[1] == "make" else get_commands())]
    assert wrong == []


def test_every_setting_that_is_named_is_read() -> None:
    readers = [
        *(ROOT / "hub").rglob("*.py"),
        *(ROOT / "nginx").glob("*.template"),
        *(ROOT / "tests" / "cluster").glob("*.py"),
        *(ROOT / name for name in ("docker-compose.yml", "Makefile") if (ROOT / name).exists()),
    ]
    read = {name for reader in readers for name in re.findall(r"\bHUB_[A-Z_]+\b", reader.read_text())}
    named = {(page.name, name) for page in ALL for name in re.findall(r"\bHUB_[A-Z_]+\b", page.text)}

    assert [it for it in sorted(named) if it[1] not in read] == []


def test_every_check_that_is_named_is_made() -> None:
    sources = [
        *(ROOT / "hub" / "doctor").glob("*.py"),
        *(path for package in ("hub", "notifications") for path in (ROOT / package).rglob("checks.py")),
    ]
    made = {id for source in sources for id in re.findall(r"\bhub\.[WED]\d{3}\b", source.read_text())}
    named = {(page.name, id) for page in ALL for id in re.findall(r"\bhub\.[WED]\d{3}\b", page.text)}

    assert [it for it in sorted(named) if it[1] not in made] == []


def test_every_test_that_is_named_exists() -> None:
    named = {(page.name, path) for page in ALL for path in re.findall(r"\btests/[\w/.]+\.py\b", page.text)}

    assert [it for it in sorted(named) if not (ROOT / it[1]).exists()] == []


@pytest.mark.parametrize("kind", ["sh", "python"])
def test_every_block_can_be_read(kind: str) -> None:
    for page in ALL:
        for block in page.blocks:
            where = f"{page.name}:{block.line}"
            if block.kind == "python" and kind == "python":
                ast.parse(block.text, where)
            if block.kind in ("sh", "console") and kind == "sh":
                # A console may show its prompts.
                typed = (
                    re.sub(r"^[$#] ", "", block.text, flags=re.M) if block.kind == "console" else block.text
                )
                done = subprocess.run(["sh", "-n"], input=typed, capture_output=True, text=True)
                assert done.returncode == 0, f"{where} {done.stderr}"


def code(page: Page) -> str:
    """What is shown as typed: the blocks and the words between backticks."""
    typed = [block.text for block in page.blocks if block.kind in ("sh", "console")]
    return "\n".join([*typed, *re.findall(r"`([^`\n]+)`", page.prose)])
