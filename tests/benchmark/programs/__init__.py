"""The two programs in C, compiled on the spot."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Programs:
    load: str
    limit: str

    @classmethod
    def compile(cls, folder: Path) -> Programs:
        return cls(_compile("load", folder), _compile("limit", folder))


def _compile(name: str, folder: Path) -> str:
    made = str(folder / name)
    try:
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", made, str(HERE / f"{name}.c")], check=True)
    except FileNotFoundError:
        raise SystemExit("the benchmark needs a C compiler: install gcc") from None
    return made
