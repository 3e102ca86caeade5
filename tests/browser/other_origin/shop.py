"""The shop of docs/other-stacks.md beside a cluster, both started as that page has it."""

from __future__ import annotations

import http.client
import shlex
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests import ROOT
from tests.cluster import Cluster
from tests.cluster.ports import HOST, Ports
from tests.cluster.process import Process
from tests.house.page import moved, page


def block(words: str) -> str:
    """The block of the page with these words."""
    (found,) = (block.text for block in page("other-stacks").blocks if words in block.text)
    return found


class Shop(Process):
    """One process of Node.js at ``url``; `cluster` is the hub, started with its settings."""

    def __init__(self, folder: Path) -> None:
        port = Ports.free(0).http
        self.url = f"http://{HOST}:{port}"
        self.port = port
        self.cluster = Cluster(folder, 2, extra_env=self._settings())
        script = self._moved(block("shop.mjs")).replace("\nnode ", "\nexec node ")
        env = {**self.cluster.env, "PORT": str(port), "HUB": self.cluster.http_url}
        super().__init__("shop", ["sh", "-euc", script], folder, env=env, cwd=ROOT)

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/keys")
            return connection.getresponse().status == 200
        finally:
            connection.close()

    def turn_keys(self) -> None:
        """What `kill -USR2` does."""
        self.signal(signal.SIGUSR2)

    def type(self, words: str) -> str:
        """Runs the block of the page with these words in another terminal; what it prints."""
        script = self._moved(block(words)).replace("curl ", "curl --silent --show-error --fail-with-body ")
        done = subprocess.run(
            ["sh", "-euc", script],
            cwd=ROOT,
            env=self.cluster.env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _settings(self) -> Mapping[str, str]:
        """Those that are exported before `make run`."""
        lines = [
            shlex.split(line)
            for line in moved(block("make run"), {"http://127.0.0.1:3000": self.url}).splitlines()
        ]
        return dict(line[1].split("=", 1) for line in lines if line[0] == "export")

    def _moved(self, text: str) -> str:
        return moved(
            text, {"http://127.0.0.1:8000": self.cluster.http_url, "http://127.0.0.1:3000": self.url}
        )
