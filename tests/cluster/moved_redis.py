"""A Redis whose wall clock a test moves."""

from __future__ import annotations

import os
import struct
import subprocess
from pathlib import Path
from typing import Any

import redis

from tests.cluster.redis import Redis

SOURCE = Path(__file__).with_name("clock.c")


class MovedRedis(Redis):
    """Its wall clock is ahead by as many seconds as `move` was given last."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, port)
        self._file, library = folder / "ahead", folder / "clock.so"
        self.env = {**os.environ, "LD_PRELOAD": str(library), "CLOCK_FILE": str(self._file)}
        self._compile = ["gcc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE)]
        self.client: Any = redis.Redis.from_url(self.url)

    def start(self) -> None:
        subprocess.run(self._compile, check=True)
        self._file.write_bytes(struct.pack("q", 0))
        super().start()

    def move(self, seconds: int) -> None:
        with self._file.open("r+b") as file:
            file.write(struct.pack("q", seconds))

    def expire(self) -> None:
        """Have the keys that are due by its clock go, as it does by and by."""
        for key in self.client.scan_iter():
            self.client.exists(key)
