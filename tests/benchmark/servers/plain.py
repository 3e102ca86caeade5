"""The plain stack: django-eventstream on Daphne with Redis."""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests import ROOT
from tests.benchmark.helper import Helper
from tests.benchmark.machine import give_server_core
from tests.benchmark.servers.base import EVENT_BYTES, Bench, Server, Shown
from tests.cluster.ports import HOST, Ports
from tests.cluster.process import Process


class PlainInstance(Process):
    def __init__(self, folder: Path, port: int, env: Mapping[str, str], application: str) -> None:
        self.port = port
        super().__init__(
            "plain",
            [sys.executable, "-m", "daphne", "-b", HOST, "-p", str(port), application],
            folder,
            env=env,
            cwd=ROOT,
        )

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == 404
        finally:
            connection.close()


class Plain(Server):
    live_mark = "event: stream-open"
    block_deliveries = 10_000

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        application = "tests.benchmark.plain.asgi:application"
        self._instance = PlainInstance(bench.folder, Ports.free(1).instances[0], bench.parts.env, application)
        self._publisher: Helper | None = None

    @property
    def ports(self) -> list[int]:
        return [self._instance.port]

    @property
    def pids(self) -> list[int]:
        return [self._instance.pid]

    def start(self) -> None:
        self._instance.start()
        give_server_core(self._instance.pid)
        self._instance.wait_ready()
        publisher = [sys.executable, "-m", "tests.benchmark.plain.publisher"]
        self._publisher = Helper(publisher, self.bench.parts.env)

    def stop(self) -> None:
        if self._publisher is not None:
            self._publisher.stop()
        self._instance.stop()

    def heads(self, topics: Sequence[str], readers: int, shown: Shown = "token", first: int = 0) -> list[str]:
        return [
            f"GET /events/?channel={topics[k % len(topics)]} HTTP/1.1\r\nHost: {HOST}\r\n"
            "Accept: text/event-stream\r"
            for k in range(readers)
        ]

    def publish(self, topics: Sequence[str]) -> None:
        assert self._publisher is not None
        data = {"n": "x" * (EVENT_BYTES - len('event: tick\ndata: {"n": ""}\n\n'))}
        self._publisher.ask(json.dumps({"channels": topics, "type": "tick", "data": data}))
