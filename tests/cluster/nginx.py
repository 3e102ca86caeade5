"""nginx with the configuration that is deployed, filled in for loopback."""

import os
import re
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests import ROOT
from tests.cluster.certificate import Certificate
from tests.cluster.ports import HOST
from tests.cluster.process import Process
from tests.cluster.static import collected

TEMPLATE = ROOT / "nginx" / "nginx.conf.template"
# Everybody comes from one address here, and by the thousand.
UNLIMITED = {
    "HUB_CONNECT_RATE": "100000r/s",
    "HUB_CONNECT_BURST": "100000",
    "HUB_STREAMS_PER_ADDRESS": "65535",
    "HUB_BODIES_PER_ADDRESS": "65535",
    "HUB_LOGIN_RATE": "100000r/s",
    "HUB_LOGIN_BURST": "100000",
}


class Nginx(Process):
    # Killed outright, the master would leave its workers serving.
    orphan_signal = signal.SIGTERM

    def __init__(self, folder: Path, *, http: int, https: int, instances: Sequence[int]) -> None:
        self.http = http
        self.https = https
        self.edit: Callable[[str], str] = lambda configuration: configuration
        self._folder = folder / "nginx"
        self._config = self._folder / "nginx.conf"
        servers = [f"server {HOST}:{port} max_fails=10 fail_timeout=1s;" for port in instances]
        feeds = [f"server {HOST}:{port} max_fails=0;" for port in instances]
        # For a test to change before the start, or before a reload.
        self.values = {
            "HUB_LISTEN": HOST,
            "HUB_HTTP_PORT": str(http),
            "HUB_HTTPS_PORT": str(https),
            "HUB_UPSTREAM_SERVERS": "\n        ".join(servers),
            "HUB_FEED_SERVERS": "\n        ".join(feeds),
            "HUB_RESOLVER": "",
            "HUB_CERTIFICATE": str(self._folder / "certificate.pem"),
            "HUB_CERTIFICATE_KEY": str(self._folder / "certificate-key.pem"),
            "HUB_NGINX_DIR": str(self._folder),
            "HUB_ACCESS_LOG": str(self._folder / "access.log"),
            "HUB_SHUTDOWN_TIMEOUT": "3660s",
            "HUB_TLS": "0",
            **UNLIMITED,
        }
        # As root the workers would become another user, who may have no way into our folder.
        directives = "daemon off; user root;" if os.geteuid() == 0 else "daemon off;"
        super().__init__(
            "nginx", ["nginx", "-e", "stderr", "-c", str(self._config), "-g", directives], folder
        )

    @property
    def workers(self) -> set[int]:
        """Their process ids, of those that leave as well."""
        return {int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()}

    def answers(self) -> bool:
        for port in (self.http, self.https):
            with socket.create_connection((HOST, port), timeout=1):
                pass
        return True

    def start(self) -> None:
        self._folder.mkdir(exist_ok=True)
        Certificate.make(self._folder)
        self._write()
        super().start()

    def reload(self) -> None:
        """As `nginx -s reload` does; the old workers leave when their connections have."""
        self._write()
        self.signal(signal.SIGHUP)

    def _write(self) -> None:
        values = {"HUB_STATIC": str(collected()), **self.values}
        self._config.write_text(self.edit(fill(TEMPLATE.read_text(), values)))


def fill(template: str, values: Mapping[str, str]) -> str:
    """As envsubst does, but for a name without a value: that is a KeyError."""
    return re.sub(r"\$\{([A-Z_]+)\}", lambda name: values[name[1]], template)
