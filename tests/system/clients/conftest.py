from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests import ROOT
from tests.cluster import Cluster
from tests.cluster.ports import HOST
from tests.system.clients.relay import Relay

CASES: dict[str, list[str]] = json.loads((ROOT / "tests" / "cases" / "clients.json").read_text())
PROGRAMS = Path(__file__).parent / "programs"
KEY = {"Authorization": "Bearer demo-key"}
TOPIC = "clients-1"
ROOM = "clients"
WARM_UP = -1  # a number that is sent until every client has received one
NUMBERS = 60
KILLS = {10: 0, 25: 1, 40: 2}  # after which number which instance is killed
RELOAD, RESET = 46, 52
DEADLINE_S = 60


@dataclass
class Program:
    """A client in a process of its own, and what it has printed."""

    process: subprocess.Popen[str]
    received: list[tuple[str, Any]] = field(default_factory=list)  # id, number
    errors: list[str] = field(default_factory=list)

    @property
    def numbers(self) -> list[int]:
        """Those received, without what came again by its id, as a client drops it."""
        found, last = [], 0
        for id, number in self.received:
            if number != WARM_UP and (not id or int(id) > last):
                found.append(number)
            last = max(last, int(id or 0))
        return found

    def read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            printed = json.loads(text)
            self.received.append((printed["id"], printed["n"]))

    def read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors.extend(self.process.stderr)


@contextlib.contextmanager
def running(*command: str) -> Iterator[Program]:
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        program = Program(process)
        threads = [threading.Thread(target=read) for read in (program.read, program.read_errors)]
        for thread in threads:
            thread.start()
        try:
            yield program
        finally:
            process.kill()
            for thread in threads:
                thread.join()


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Feeds and rooms are retired every five to six seconds."""
    env = {"HUB_MAX_AGE_S": "6", "HUB_HEARTBEAT_S": "2"}
    with Cluster(tmp_path_factory.mktemp("cluster"), 3, extra_env=env) as cluster:
        room = {"name": ROOM, "members": "everyone"}
        httpx.post(f"{cluster.http_url}/api/v1/rooms", json=room, headers=KEY, timeout=20).raise_for_status()
        yield cluster


class Stage:
    """What clients are tried on: numbers that are published while everything in front of them breaks."""

    def __init__(self, cluster: Cluster, relay: Relay) -> None:
        self._cluster = cluster
        self._relay = relay
        self._posts_to = 0

    def token(self) -> str:
        body = {"user": "bob", "topics": [TOPIC], "ttl": 3600}
        url = f"{self._cluster.http_url}/api/v1/tokens"
        token: str = httpx.post(url, json=body, headers=KEY, timeout=20).raise_for_status().json()["token"]
        return token

    def address(self, scheme: str, path: str) -> str:
        return f"{scheme}://{HOST}:{self._relay.port}{path}"

    def publish(self, number: int) -> None:
        """To an instance that lives, because what a killed one has accepted is not known."""
        url = f"{self._cluster.instances[self._posts_to].url}/api/v1/events"
        event = {"topic": TOPIC, "type": "number", "data": number}
        httpx.post(url, json=event, headers=KEY, timeout=20).raise_for_status()

    def say(self, number: int, token: str) -> None:
        url = f"{self._cluster.instances[self._posts_to].url.replace('http', 'ws', 1)}/rooms/{ROOM}/"
        id = f"{number}-{time.monotonic_ns()}"
        with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as room:
            room.send(json.dumps({"type": "say", "id": id, "body": str(number)}))
            for text in room:
                frame = json.loads(text)
                assert frame["type"] != "error", frame
                if frame["type"] == "said" and frame["id"] == id:
                    return

    def run(self, send: Callable[[int], None], programs: dict[str, Program]) -> None:
        """Send all numbers, break everything meanwhile, and wait for every client to have the last."""
        until(lambda: send(WARM_UP), lambda: all(program.received for program in programs.values()))
        for number in range(1, NUMBERS + 1):
            send(number)
            time.sleep(0.1)
            if number in KILLS:
                self._kill(KILLS[number])
            elif number == RELOAD:
                self._cluster.nginx.reload()
            elif number == RESET:
                self._relay.reset()
        until(lambda: None, lambda: all(NUMBERS in program.numbers for program in programs.values()))

    def _kill(self, k: int) -> None:
        self._posts_to = (k + 1) % len(self._cluster.instances)
        instance = self._cluster.instances[k]
        instance.kill()
        instance.start()
        instance.wait_ready(60)


def until(act: Callable[[], None], condition: Callable[[], bool]) -> None:
    """Act until the condition holds or the time is over: the tests say which client it was."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition() and time.monotonic() < deadline:
        act()
        time.sleep(0.3)


@pytest.fixture(scope="package")
def stage(cluster: Cluster) -> Iterator[Stage]:
    with Relay(cluster.ports.http).serving() as relay:
        yield Stage(cluster, relay)


def start(stack: contextlib.ExitStack, kind: str, client: str, url: str, token: str) -> Program:
    """Run a client of ``programs/<kind>.py`` or, with ``npm:`` before its name, of ``<kind>.mjs``."""
    origin, _, name = client.rpartition(":")
    file = PROGRAMS / f"{kind}.{'mjs' if origin == 'npm' else 'py'}"
    runtime = "node" if origin == "npm" else sys.executable
    return stack.enter_context(running(runtime, str(file), name, url, token))
