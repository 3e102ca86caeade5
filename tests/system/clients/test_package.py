"""The npm package: packed, installed into an empty project, compiled, and imported by Node."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests import ROOT

CLIENTS = ROOT / "tests" / "system" / "clients"
PACKAGE = ROOT / "notifications" / "static" / "notifications"
OPTIONS = {
    "strict": True,
    "noEmit": True,
    "module": "nodenext",
    "target": "es2022",
    "lib": ["es2022", "dom"],
    "types": [],
    "noUncheckedIndexedAccess": True,
    "exactOptionalPropertyTypes": True,
    "skipLibCheck": False,
}


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty project with the package installed."""
    folder = tmp_path_factory.mktemp("project")
    packed = run(folder, "npm", "pack", str(PACKAGE), "--silent").strip()
    (folder / "package.json").write_text('{"name": "shop", "private": true, "type": "module"}')
    run(folder, "npm", "install", "--offline", "--no-audit", "--no-fund", "--silent", f"./{packed}")
    return folder


def test_a_program_that_uses_every_public_name_compiles(project: Path) -> None:
    shutil.copy(CLIENTS / "programs" / "page.ts", project / "page.ts")
    (project / "tsconfig.json").write_text(json.dumps({"compilerOptions": OPTIONS, "files": ["page.ts"]}))

    run(project, "node", str(CLIENTS / "node_modules" / "typescript" / "bin" / "tsc"), "-p", ".")


def test_the_types_name_what_the_module_exports(project: Path) -> None:
    script = "import * as all from 'notification-hub'; console.log(Object.keys(all).sort().join(' '))"

    assert run(project, "node", "--input-type=module", "-e", script).split() == ["TopicError", "hub"]


def test_without_a_document_it_says_what_to_do(project: Path) -> None:
    script = """
      import { hub } from "notification-hub";
      try { hub.topic("job-42"); } catch (error) { console.log(error.message); }
    """

    assert "hub.connect(" in run(project, "node", "--input-type=module", "-e", script)


def test_it_is_of_the_release_of_the_hub() -> None:
    release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert json.loads((PACKAGE / "package.json").read_text())["version"] == release


def test_it_has_all_that_its_modules_import(project: Path) -> None:
    """Nothing else of the hub's pages, either."""
    installed = project / "node_modules" / "notification-hub"
    files = {str(path.relative_to(installed)) for path in installed.rglob("*.js")}
    script = """
      import { readFileSync } from "node:fs";
      import { posix } from "node:path";
      const seen = new Set();
      const visit = (file) => {
        if (seen.has(file)) return;
        seen.add(file);
        const text = readFileSync(`node_modules/notification-hub/${file}`, "utf8");
        const imports = text.matchAll(/(?:from |import\\()"(\\.[^"]+)"/g);
        for (const [, to] of imports) visit(posix.join(posix.dirname(file), to));
      };
      visit("hub.js");
      visit("elements.js");
      console.log([...seen].join("\\n"));
    """

    assert set(run(project, "node", "--input-type=module", "-e", script).split()) == files
