"""nginx with the configuration that is deployed, filled in for loopback."""

import os
import re
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.cluster.certificate import Certificate
from tests.cluster.ports import HOST
from tests.cluster.process import Process

TEMPLATE = Path(__file__).parents[2] / "nginx" / "nginx.conf.template"


class Nginx(Process):
    # Killed outright, the master would leave its workers serving.
    orphan_signal = signal.SIGTERM

    def __init__(self, folder: Path, *, http: int, https: int, instances: Sequence[int]) -> None:
        self.http = http
        self.https = https
        self.instances = instances
        self.edit: Callable[[str], str] = lambda configuration: configuration
        self._folder = folder / "nginx"
        self._config = self._folder / "nginx.conf"
        # As root the workers would become another user, who may have no way into our folder.
        directives = "daemon off; user root;" if os.geteuid() == 0 else "daemon off;"
        super().__init__(
            "nginx", ["nginx", "-e", "stderr", "-c", str(self._config), "-g", directives], folder
        )

    def answers(self) -> bool:
        for port in (self.http, self.https):
            with socket.create_connection((HOST, port), timeout=1):
                pass
        return True

    def start(self) -> None:
        self._folder.mkdir(exist_ok=True)
        certificate = Certificate.make(self._folder)
        servers = [f"server {HOST}:{port} max_fails=1 fail_timeout=1s;" for port in self.instances]
        feeds = [f"server {HOST}:{port} max_fails=0;" for port in self.instances]
        values = {
            "HUB_LISTEN": HOST,
            "HUB_HTTP_PORT": str(self.http),
            "HUB_HTTPS_PORT": str(self.https),
            "HUB_UPSTREAM_SERVERS": "\n        ".join(servers),
            "HUB_FEED_SERVERS": "\n        ".join(feeds),
            "HUB_CERTIFICATE": str(certificate.file),
            "HUB_CERTIFICATE_KEY": str(certificate.key),
            "HUB_NGINX_DIR": str(self._folder),
        }
        filled = re.sub(r"\$\{([A-Z_]+)\}", lambda name: values[name[1]], TEMPLATE.read_text())
        self._config.write_text(self.edit(filled))
        super().start()
