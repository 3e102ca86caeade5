"""The hub on Daphne, and on uvicorn."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmark.machine import give_server_core
from tests.benchmark.posts import Poster
from tests.benchmark.servers.base import EVENT_BYTES, Bench, Server, Shown
from tests.cluster.instance import Instance
from tests.cluster.ports import HOST, Ports

SLICE = 250  # events an append: Redis makes nobody wait for long
BACKLOG = 2048  # as ours on Daphne
# What one key may publish is bounded, and here it is one key that finds out how much an instance can.
QUOTAS = {f"HUB_KEY_{what}_PER_S": str(10**9) for what in ("EVENTS", "BYTES", "NOTIFICATIONS")}


class Hub(Server):
    """Instances of the hub as an operator starts them."""

    def __init__(self, bench: Bench, instances: int = 1) -> None:
        super().__init__(bench)
        ports = Ports.free(instances).instances
        self._instances = [self._instance(f"hub-{k}", port) for k, port in enumerate(ports, start=1)]

    def _instance(self, name: str, port: int) -> Instance:
        return Instance(self.bench.folder, name, port, {**self.bench.parts.env, **QUOTAS})

    @property
    def ports(self) -> list[int]:
        return [instance.port for instance in self._instances]

    @property
    def pids(self) -> list[int]:
        return [instance.pid for instance in self._instances]

    def start(self) -> None:
        for instance in self._instances:
            instance.start()
            give_server_core(instance.pid)
        for instance in self._instances:
            instance.wait_ready(60)

    def stop(self) -> None:
        for instance in self._instances:
            instance.terminate()
        for instance in self._instances:
            instance.join(15)

    def heads(self, topics: Sequence[str], readers: int, shown: Shown = "token", first: int = 0) -> list[str]:
        from tests.benchmark import people

        users = people.users(first + readers)[first:]
        own = "own=0&" if shown == "token" else ""
        if shown == "session":
            people.let_in()
            proofs = [f"Cookie: sessionid={key}" for key in people.sessions(users)]
        else:
            proofs = [
                f"Authorization: Bearer {people.token(user, topics[k % len(topics)])}"
                for k, user in enumerate(users)
            ]
        return [
            f"GET /feed/?{own}topic={topics[k % len(topics)]} HTTP/1.1\r\nHost: {HOST}\r\n"
            f"Accept: text/event-stream\r\n{proof}\r"
            for k, proof in enumerate(proofs)
        ]

    def publish(self, topics: Sequence[str]) -> None:
        from hub.events import draft
        from hub.log.current import shared_log

        drafts = [draft(topic, "tick", self._data(topic)) for topic in topics]
        for begin in range(0, len(drafts), SLICE):
            shared_log().append(drafts[begin : begin + SLICE])

    def _data(self, topic: str) -> dict[str, str]:
        frame = len('id: 1763712345678901\nevent: tick\ndata: {"topic":"","at":"","data":{"n":""}}\n\n')
        return {"n": "x" * (EVENT_BYTES - frame - len(topic) - len("2026-01-01T00:00:00.000Z"))}


class PostedHub(Hub):
    """An instance to which every event that it delivers is posted, one a request."""

    _poster: Poster | None = None

    def publish(self, topics: Sequence[str]) -> None:
        if self._poster is None:
            from tests.benchmark import people

            key = f"Authorization: Bearer {people.api_key()}\r\n"
            self._poster = Poster(self.ports[0], "/api/v1/events", key)
        for topic in topics:
            event = {"topic": topic, "type": "tick", "data": self._data(topic)}
            self._poster.post(json.dumps(event).encode())

    def stop(self) -> None:
        if self._poster is not None:
            self._poster.close()
        super().stop()


class UvicornInstance(Instance):
    def __init__(self, folder: Path, name: str, port: int, env: Mapping[str, str]) -> None:
        super().__init__(folder, name, port, env)
        self.argv = [
            *(sys.executable, "-m", "uvicorn", "hub.asgi:application", "--host", HOST, "--port", str(port)),
            *("--loop", "uvloop", "--http", "httptools", "--lifespan", "on", "--backlog", str(BACKLOG)),
            *("--no-access-log", "--log-level", "warning"),
        ]


class HubOnUvicorn(Hub):
    def _instance(self, name: str, port: int) -> Instance:
        return UvicornInstance(self.bench.folder, name, port, self.bench.parts.env)
