"""The physical limit: what the system call alone costs."""

from __future__ import annotations

from collections.abc import Sequence

from tests.benchmark.helper import Helper, HelperError
from tests.benchmark.machine import give_server_core
from tests.benchmark.servers.base import EVENT_BYTES, Bench, Server, Shown
from tests.cluster.ports import HOST


class Limit(Server):
    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._program: Helper | None = None
        self._port = 0

    @property
    def ports(self) -> list[int]:
        return [self._port]

    @property
    def pids(self) -> list[int]:
        assert self._program is not None
        return [self._program.pid]

    def start(self) -> None:
        self._program = Helper([self.bench.programs.limit])
        give_server_core(self._program.pid)
        self._port = self._program.hear()["port"]

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    def heads(self, topics: Sequence[str], readers: int, shown: Shown = "token", first: int = 0) -> list[str]:
        return [f"GET / HTTP/1.1\r\nHost: {HOST}\r"]

    def publish(self, topics: Sequence[str]) -> None:
        """To everybody: in all, each reader gets one event of one topic."""
        assert self._program is not None
        if self._program.ask(f"send 1 {EVENT_BYTES}")["refused"]:
            raise HelperError("the limit's readers did not keep up")
