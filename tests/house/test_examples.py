"""Programs that a page shows are those of its example, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import ROOT
from tests.house.page import Page, page

BESIDE = ROOT / "docs" / "examples" / "beside"
SHOWN = [
    (page("other-stacks"), BESIDE, "js"),
    (page("other-stacks"), BESIDE, "html"),
]


@pytest.mark.parametrize(("page", "example", "kind"), SHOWN, ids=lambda it: getattr(it, "name", it))
def test_every_block_is_an_excerpt_of_the_example(page: Page, example: Path, kind: str) -> None:
    files = [flush(path.read_text(encoding="utf-8")) for path in example.iterdir()]
    blocks = [block for block in page.blocks if block.kind == kind]

    assert blocks
    assert [block.line for block in blocks if not any(flush(block.text) in text for text in files)] == []


def flush(text: str) -> str:
    """Without indentation, which an excerpt loses."""
    return "".join(f"{line.strip()}\n" for line in text.splitlines())
