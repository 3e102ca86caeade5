"""Where there is no epoll (macOS) the hub starts, migrates, and serves feeds and rooms."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from httpx_sse import aconnect_sse
from websockets.asyncio.client import connect

from tests import ROOT
from tests.cluster.instance import Instance
from tests.cluster.ports import Ports

PROGRAM = [sys.executable, str(Path(__file__).with_name("portable.py"))]
KEY = {"Authorization": "Bearer demo-key"}


class PortableInstance(Instance):
    def __init__(self, folder: Path, port: int, env: dict[str, str]) -> None:
        super().__init__(folder, "portable", port, env)
        self.argv = [*PROGRAM, "serve"]


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A demo on SQLite and the memory log, already migrated."""
    database = tmp_path_factory.mktemp("portable") / "hub.sqlite3"
    env = {"PATH": os.environ["PATH"], "HUB_DEMO": "1", "HUB_DATABASE_URL": f"sqlite:///{database}"}
    for command in (["migrate", "--verbosity", "0"], ["demo"]):
        subprocess.run([*PROGRAM, *command], cwd=ROOT, env=env, check=True, capture_output=True)
    return env


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Iterator[Instance]:
    instance = PortableInstance(tmp_path_factory.mktemp("portable"), Ports.free(0).http, env)
    instance.start()
    instance.wait_ready(60)
    yield instance
    instance.stop()


@pytest.fixture
async def api(instance: Instance) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=instance.url, headers=KEY, timeout=20) as api:
        yield api


async def token(api: httpx.AsyncClient) -> str:
    answer = await api.post("/api/v1/tokens", json={"user": "alice", "topics": ["job-1"], "ttl": 600})
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["token"]
    return found


def test_the_system_checks_find_nothing(env: dict[str, str]) -> None:
    checked = subprocess.run([*PROGRAM, "check"], cwd=ROOT, env=env, capture_output=True, text=True)

    assert checked.returncode == 0, checked.stderr


async def test_a_feed_delivers_and_its_end_is_noticed(api: httpx.AsyncClient, instance: Instance) -> None:
    headers = {"Authorization": f"Bearer {await token(api)}"}

    async with (
        asyncio.timeout(20),
        aconnect_sse(api, "GET", "/feed/?topic=job-1", headers=headers) as feed,
    ):
        events = feed.aiter_sse()
        while (await anext(events)).event != "stream-live":
            pass
        await api.post("/api/v1/events", json={"topic": "job-1", "type": "progress", "data": {"done": 1}})
        while (event := await anext(events)).event != "progress":
            pass

    assert json.loads(event.data)["data"] == {"done": 1}
    async with asyncio.timeout(20):
        while "hub_feeds 0.0" not in (await api.get("/metrics")).text.replace('{instance="portable"}', ""):
            await asyncio.sleep(0.05)


async def test_a_message_in_a_room_is_delivered(api: httpx.AsyncClient, instance: Instance) -> None:
    headers = {"Authorization": f"Bearer {await token(api)}"}
    url = instance.url.replace("http", "ws") + "/rooms/lobby"

    async with asyncio.timeout(20), connect(url, additional_headers=headers) as room:
        await room.send(json.dumps({"type": "say", "id": "1", "body": "hello"}))
        while (frame := json.loads(await room.recv()))["type"] not in ("said", "error"):
            pass

    assert (frame["type"], frame.get("body")) == ("said", "hello")
