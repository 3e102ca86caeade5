"""Proxies other than nginx, each with a configuration of its own language."""

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import ClassVar

from tests.cluster.ports import HOST
from tests.cluster.process import PROGRAMS, Process


class Proxy(Process):
    """Runs with ``text``, which has it listen on a port. ``folder`` is its own, where any user may look."""

    language: ClassVar[str]

    def __init__(self, folder: Path, text: str, port: int) -> None:
        self.port = port
        self.folder = folder
        self._text = text
        self.config = folder / f"{self.language}.conf"
        super().__init__(self.language, [], folder)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def answers(self) -> bool:
        with socket.create_connection((HOST, self.port), timeout=1):
            return True

    def start(self) -> None:
        self.config.write_text(self._configuration())
        super().start()

    def reload(self) -> None:
        """Have it read its configuration again."""
        raise NotImplementedError

    def _configuration(self) -> str:
        """The text, with what lets several run on one machine."""
        return self._text

    def _run(self, *argv: str) -> None:
        program = shutil.which(argv[0], path=PROGRAMS)
        assert program is not None
        subprocess.run([program, *argv[1:]], check=True, capture_output=True, timeout=30)


class HAProxy(Proxy):
    # Killed outright, the master would leave its workers serving.
    orphan_signal = signal.SIGTERM
    language = "haproxy"

    def start(self) -> None:
        self.argv = ["haproxy", "-W", "-db", "-f", str(self.config)]
        super().start()

    def reload(self) -> None:
        self.signal(signal.SIGUSR2)


class Varnish(Proxy):
    """The first line of its configuration is a comment: how it is started."""

    language = "vcl"
    _loads = 0

    def start(self) -> None:
        (command,) = re.findall(r"\A# (varnishd .*)", self._text)
        name, *options = command.split()
        options[options.index("-f") + 1] = str(self.config)
        # Its own users could not use a folder of ours.
        self.argv = [name, "-F", "-j", "none", "-n", str(self.folder), *options]
        super().start()

    def reload(self) -> None:
        self._loads += 1
        name = f"load-{self._loads}"
        self._run("varnishadm", "-n", str(self.folder), "vcl.load", name, str(self.config))
        self._run("varnishadm", "-n", str(self.folder), "vcl.use", name)


class Caddy(Proxy):
    language = "caddyfile"

    def start(self) -> None:
        homes = ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
        self.env = {**os.environ, **dict.fromkeys(homes, str(self.folder))}
        self.argv = ["caddy", "run", *self._options]
        super().start()

    def reload(self) -> None:
        self._run("caddy", "reload", "--force", "--address", self._admin, *self._options)

    def _configuration(self) -> str:
        return f"{{\n\tadmin {self._admin}\n}}\n{self._text}"

    @property
    def _admin(self) -> str:
        return f"unix/{self.folder}/admin"

    @property
    def _options(self) -> list[str]:
        return ["--config", str(self.config), "--adapter", "caddyfile"]


class Squid(Proxy):
    language = "squid"

    def start(self) -> None:
        self.argv = ["squid", "-N", "-f", str(self.config)]
        if os.geteuid() == 0:
            # It refuses to serve as root, and becomes its own user where it is not started as that.
            self.user = "proxy"
            shutil.chown(self.folder, self.user, self.user)
        super().start()

    def reload(self) -> None:
        self.signal(signal.SIGHUP)

    def _configuration(self) -> str:
        files = f"cache_log {self.folder}/cache.log\ncoredump_dir {self.folder}\npid_filename none\n"
        none = "access_log none\nnetdb_filename none\npinger_enable off\nshutdown_lifetime 0 seconds\n"
        return self._text + files + none
