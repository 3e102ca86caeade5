"""A Redis that keeps its data on disk, and loses the end of them with the power."""

from __future__ import annotations

import shutil
from pathlib import Path

import redis

from tests.cluster.ports import Ports
from tests.cluster.redis import Redis


class PersistentRedis(Redis):
    """``kind`` is RDB, whose snapshots are taken by `keep` alone, or AOF, synced every second."""

    def __init__(self, folder: Path, kind: str, port: int = 0) -> None:
        options = ["appendonly yes", "appendfsync everysec"] if kind == "AOF" else []
        super().__init__(folder, port or Ports.free(0).redis, *options)
        self._folder = folder
        self._kind = kind

    def keep(self) -> None:
        """What is in it now has reached the disk."""
        if self._kind == "RDB":
            redis.Redis.from_url(self.url).save()
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
