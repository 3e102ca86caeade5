"""The static files as nginx serves them, collected once a process: no cluster changes them."""

import atexit
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import ROOT


@functools.cache
def collected() -> Path:
    """The folder that holds them: for `HUB_STATIC`."""
    folder = Path(tempfile.mkdtemp(prefix="hub-static-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT,
        env={**inherited, "HUB_STATIC": str(folder)},
        check=True,
    )
    return folder


def static_url(name: str) -> str:
    """The path by which pages link a file: two names of one module are two modules."""
    names = json.loads((collected() / "staticfiles.json").read_text())["paths"]
    return f"/static/{names[name]}"
