"""One instance of the hub, started as an operator starts it."""

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path

from tests import ROOT
from tests.cluster.ports import HOST
from tests.cluster.process import Process


class Instance(Process):
    def __init__(self, folder: Path, name: str, port: int, env: Mapping[str, str]) -> None:
        self.port = port
        super().__init__(
            name,
            [sys.executable, "manage.py", "serve"],
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
