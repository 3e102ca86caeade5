"""Redis, with nothing kept on disk or what a power cut leaves there."""

import contextlib
import shutil
import socket
from pathlib import Path

from tests.cluster.ports import HOST
from tests.cluster.process import Process


class Redis(Process):
    def __init__(self, folder: Path, port: int, *options: str) -> None:
        """``options`` are further lines of its configuration."""
        self.port = port
        self.options = options
        self.config = folder / "redis.conf"
        super().__init__("redis", ["redis-server", str(self.config)], folder, cwd=folder)

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def answers(self) -> bool:
        return self._say(b"PING") == b"+PONG\r\n"

    def start(self) -> None:
        # All of it in the file: a person who killed it can bring it back with one command.
        self.config.write_text(
            f"bind {HOST}\n"
            f"port {self.port}\n"
            f'dir "{self.config.parent}"\n'
            f'pidfile "{self.pid_file}"\n'
            'save ""\n'
            "appendonly no\n" + "".join(f"{option}\n" for option in self.options)
        )
        super().start()

    def terminate(self) -> None:
        super().terminate()
        if self.exit_code is not None:
            # One that was brought back by hand is on our port and goes with the rest.
            with contextlib.suppress(OSError):
                self._say(b"SHUTDOWN NOSAVE")

    def _say(self, command: bytes) -> bytes:
        with socket.create_connection((HOST, self.port), timeout=1) as connection:
            connection.sendall(command + b"\r\n")
            return connection.recv(64)


class PersistentRedis(Redis):
    """Keeps its data on disk, and loses their end with the power.

    ``kind`` is RDB, whose snapshots are taken by `keep` alone, or AOF, synced every second.
    """

    def __init__(self, folder: Path, port: int, kind: str) -> None:
        options = ["appendonly yes", "appendfsync everysec"] if kind == "AOF" else []
        super().__init__(folder, port, *options)
        self._folder = folder
        self._kind = kind

    def keep(self) -> None:
        """What is in it now has reached the disk."""
        if self._kind == "RDB":
            self._say(b"SAVE")
        else:
            shutil.copytree(self._folder / "appendonlydir", self._folder / "kept", dirs_exist_ok=True)

    def cut_power(self) -> None:
        """Come back with what `keep` kept."""
        self.kill()
        if self._kind == "AOF":
            shutil.rmtree(self._folder / "appendonlydir")
            shutil.copytree(self._folder / "kept", self._folder / "appendonlydir")
        self.start()
        self.wait_ready()
