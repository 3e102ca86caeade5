"""What stands on a page of the documentation: its blocks, its links, and the addresses it gives."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests import ROOT

_FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)
_LINK = re.compile(r"\]\((?!\w+:)([^)\s]+)\)|(?:src|srcset)=\"(?!\w+:)([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.M)


@dataclass(frozen=True)
class Block:
    """``kind`` says what it is: `sh` is run here, `console` starts a server, takes long or needs another
    machine, `text` after an `sh` is what that prints ("…" stands for anything)."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True)
class Page:
    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def blocks(self) -> list[Block]:
        text = self.text
        return [
            Block(found["kind"], textwrap.dedent(found["text"]), text.count("\n", 0, found.start()) + 1)
            for found in _FENCE.finditer(text)
        ]

    @property
    def prose(self) -> str:
        return _FENCE.sub("", self.text)

    @property
    def links(self) -> set[str]:
        """Where it leads to within the repository, pictures too."""
        return {link for links in _LINK.findall(self.prose) for link in links if link}

    @property
    def anchors(self) -> set[str]:
        """As GitHub makes them of headings, and those that stand there by hand."""
        made = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in _HEADING.findall(self.prose)}
        return made | set(re.findall(r'<a (?:id|name)="([^"]+)"', self.prose))


def pages() -> list[Page]:
    top = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
    return [*(Page(ROOT / name) for name in top), *map(Page, sorted((ROOT / "docs").glob("*.md")))]


def page(name: str) -> Page:
    return Page(ROOT / "docs" / f"{name}.md")


def moved(text: str, addresses: Mapping[str, str]) -> str:
    """The same with other addresses; of two that fit the longer counts."""
    longest = sorted(addresses, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest)), lambda found: addresses[found[0]], text)
