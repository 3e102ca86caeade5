"""One instance of the hub, started as an operator starts it."""

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path

from tests import ROOT
from tests.cluster.ports import HOST
from tests.cluster.process import Process

LIMITS = ["--ws-max-size", "1048576", "--ws-per-message-deflate", "false", "--timeout-graceful-shutdown", "5"]


class Instance(Process):
    """Run by ``server``: `serve`, or one that knows nothing of the hub, `uvicorn` or `daphne`."""

    def __init__(
        self,
        folder: Path,
        name: str,
        port: int,
        env: Mapping[str, str],
        *,
        server: str = "serve",
        application: str = "hub.asgi:application",
    ) -> None:
        self.port = port
        commands = {
            "serve": ["manage.py", "serve"],
            "uvicorn": ["-m", "uvicorn", application, "--port", str(port), "--log-level", "warning", *LIMITS],
            "daphne": ["-m", "daphne", "--port", str(port), "--verbosity", "0", application],
        }
        super().__init__(
            name,
            [sys.executable, *commands[server]],
            folder,
            env={**env, "HUB_PORT": str(port), "HUB_INSTANCE": name},
            cwd=ROOT,
        )

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        finally:
            connection.close()
