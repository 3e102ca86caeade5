"""The Dockerfile and .dockerignore, read."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests import ROOT


@dataclass
class Stage:
    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)  # instruction, what follows it

    def last(self, instruction: str) -> str:
        return [rest for name, rest in self.steps if name == instruction][-1]


def stages() -> dict[str, Stage]:
    """By name, in order."""
    found: list[Stage] = []
    for instruction, rest in _instructions((ROOT / "Dockerfile").read_text()):
        if instruction == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append(Stage(name, base))
        else:
            found[-1].steps.append((instruction, rest))
    return {stage.name: stage for stage in found}


def copy_context(folder: Path) -> None:
    """What an engine would be sent of the checkout: .dockerignore's last matching line decides."""
    rules = [
        (line.removeprefix("!"), line.startswith("!"))
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    kept = {pattern.split("/")[0] for pattern, keeps in rules if keeps}
    for file in _files(ROOT, kept):
        relative = PurePosixPath(file.relative_to(ROOT))
        keep = True
        for pattern, keeps in rules:
            if _matches(relative, pattern):
                keep = keeps
        if keep:
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, folder / relative)


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for line in re.sub(r"\\\n\s*", "", lines).splitlines():
        if line.strip():
            instruction, _, rest = line.partition(" ")
            yield instruction, rest.strip()


def _files(root: Path, tops: set[str]) -> Iterator[Path]:
    for top in sorted(tops):
        if (root / top).is_file():
            yield root / top
        for folder, _, names in os.walk(root / top):
            yield from (Path(folder, name) for name in names)


def _matches(path: PurePosixPath, pattern: str) -> bool:
    """Whether it, or a folder it is in, is meant."""
    anywhere = pattern.startswith("**/")
    for part in (path, *list(path.parents)[:-1]):
        if fnmatch.fnmatchcase(part.name if anywhere else str(part), pattern.removeprefix("**/")):
            return True
    return False
