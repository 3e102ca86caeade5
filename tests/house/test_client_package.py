"""What the README of `hub_client` shows is typed, and all that it names is there."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import hub_client
from tests import ROOT

PACKAGE = ROOT / "clients" / "python"
BLOCKS = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(), re.DOTALL)


def test_its_programs_pass_mypy_strict(tmp_path: Path) -> None:
    publish, read, asynchronous, run, reader, mcp = BLOCKS
    program = f"{publish}\n    {textwrap.indent(read, '    ').strip()}\n\n"
    program += f"async def main() -> None:\n{textwrap.indent(asynchronous, '    ')}"
    (tmp_path / "readme.py").write_text(program)
    (tmp_path / "run.py").write_text(f"{run}\n{textwrap.indent(reader, '    ')}")
    (tmp_path / "server.py").write_text(mcp)

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "readme.py", "run.py", "server.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(PACKAGE), "PATH": ""},
        capture_output=True,
        text=True,
    )

    assert (done.stdout, done.returncode) == ("Success: no issues found in 3 source files\n", 0)


def test_every_error_and_message_is_a_name_of_the_package() -> None:
    public = {
        name
        for module in (hub_client.errors, hub_client.messages)
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__
    }

    assert public <= set(hub_client.__all__)
    assert all(hasattr(hub_client, name) for name in hub_client.__all__)


def test_it_is_for_programs_without_django() -> None:
    modules = set((PACKAGE / "hub_client").glob("*.py"))
    extra = PACKAGE / "hub_client" / "mcp.py"

    assert imported(*modules - {extra}) == {"hub_client", "httpx"}
    assert imported(extra) == {"hub_client", "mcp", "mcp_types", "starlette"}


def imported(*modules: Path) -> set[str]:
    """The packages that these modules import, besides Python's own."""
    sources = "\n".join(path.read_text() for path in modules)
    found = set(re.findall(r"^\s*(?:from|import) (\w+)", sources, re.MULTILINE))
    return found - sys.stdlib_module_names
