"""The static files as nginx serves them, collected once a process: no cluster changes them."""

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import ROOT

# Links and not copies: who edits a file sees it at once. The folder is ours, not the checkout's.
COLLECT = """
from django.conf import settings
from django.core.management import call_command
settings.STATIC_ROOT = {folder!r}
call_command("collectstatic", interactive=False, link=True, verbosity=0)
"""


@functools.cache
def collected() -> Path:
    """The folder that holds them."""
    folder = Path(tempfile.mkdtemp(prefix="hub-static-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", COLLECT.format(folder=str(folder))],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("HUB_")},
        check=True,
    )
    return folder
