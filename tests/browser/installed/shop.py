"""The shop: its project in a folder of its own, with the hub in a clean virtual environment."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import httpx

from tests import ROOT
from tests.cluster.ports import HOST, Ports
from tests.cluster.process import Process

ANN, PASSWORD = "ann@example.com", "correct horse"
MAKE = f"from people.models import Person; Person.objects.create_user({ANN!r}, {PASSWORD!r})"
PROJECT = ROOT / "docs" / "examples" / "django"


def clean_environment(folder: Path) -> Path:
    """The Python of a virtual environment with the hub's wheel and, from this one, what that depends on."""
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--wheel-dir",
            folder,
            ROOT,
        ],
        check=True,
    )
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", wheel], check=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder / "venv")})
    (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python


class Shop(Process):
    """One process of the shop, started as it starts itself."""

    def __init__(self, folder: Path, python: Path, sessions: str, *command: str) -> None:
        self.folder = shutil.copytree(PROJECT, folder / "shop")
        self.port = Ports.free(0).http
        self._python = python
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DJANGO_"))
        }
        self._env = {
            **inherited,
            "SHOP_SESSIONS": sessions,
            "SHOP_SECRET_KEY": "the shop's own, of fifty characters or more, and no one else's",
            "HUB_PORT": str(self.port),
            "PYTHONPATH": "",
            "HUB_HEARTBEAT_S": "2",
        }
        arguments = [part.format(port=self.port) for part in command] or ["manage.py", "serve"]
        super().__init__("shop", [str(python), *arguments], folder, env=self._env, cwd=self.folder)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def open(self) -> None:
        """Check, migrate, make Ann an account, and serve."""
        self.manage("check", "--fail-level", "WARNING")
        self.manage("migrate", "--verbosity", "0")
        self.manage("shell", "--verbosity", "0", "--command", MAKE)
        self.start()
        self.wait_ready()

    def api(self) -> httpx.Client:
        """A program that sends to the shop's people."""
        key = self.manage("apikey", "create", "--name", "ci", "--scope", "send").strip().splitlines()[-1]
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=f"{self.url}/hub/api/v1/", headers=headers, timeout=20)

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [self._python, "manage.py", *arguments],
            cwd=self.folder,
            env=self._env,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/hub/readyz")
            return connection.getresponse().status == 200
        finally:
            connection.close()
