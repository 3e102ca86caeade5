"""Editors with yjs and y-websocket from npm, unmodified, hold one text, whatever breaks between them."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import redis

from tests import ROOT
from tests.cluster import Cluster
from tests.system.clients.conftest import KEY, PROGRAMS, Stage

EDITS = 250
STORED = (
    "SELECT count(*) FROM hub_notifications_roomdocument"
    " WHERE position(convert_to('kept by the hub', 'UTF8') IN snapshot) > 0"
)
DEADLINE_S = 60


class Editor:
    """A provider in a process of its own."""

    def __init__(self, name: str, url: str, token: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            ["node", str(PROGRAMS / "documents.mjs"), name, url, token],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, deed: str, *arguments: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([deed, *arguments]) + "\n")
        self._process.stdin.flush()

    def end(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def do(self, deed: str, *arguments: Any) -> dict[str, Any]:
        self.begin(deed, *arguments)
        return self.end()

    @property
    def text(self) -> str:
        return str(self.do("text")["text"])

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_S} s: {what}"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def open_editor(cluster: Cluster, stage: Stage) -> Iterator[Callable[[str], Editor]]:
    """Opens the document as somebody, through nginx."""
    room = {"name": "clients-notes", "kind": "document", "members": "everyone"}
    httpx.post(f"{cluster.http_url}/api/v1/rooms", json=room, headers=KEY, timeout=20).raise_for_status()
    url, token = f"{cluster.http_url.replace('http', 'ws', 1)}/documents", stage.token()
    editors: list[Editor] = []

    def open(name: str) -> Editor:
        editors.append(Editor(name, url, token))
        until(lambda: bool(editors[-1].do("text")["synced"]), f"{name} is synced")
        return editors[-1]

    yield open
    for editor in editors:
        editor.stop()


@pytest.mark.timeout(180)
def test_two_who_write_hold_the_same_text_after_a_kill_a_flush_and_time_offline(
    cluster: Cluster, open_editor: Callable[[str], Editor]
) -> None:
    ann, ben = open_editor("ann"), open_editor("ben")

    ann.begin("edit", EDITS)
    ben.begin("edit", EDITS)
    cluster.instances[0].kill()
    ann.end()
    ben.end()
    cluster.instances[0].start()
    ben.do("offline")
    ben.begin("edit", EDITS)
    ann.begin("edit", EDITS)
    redis.Redis.from_url(cluster.redis.url).flushall()
    ann.end()
    ben.end()
    ben.do("online")
    ann.do("type", "<the end of ann>")
    ben.do("type", "<the end of ben>")

    cluster.instances[0].wait_ready(60)
    until(lambda: ann.text == ben.text and "<the end of ann>" in ben.text, "both have the same text")
    assert "<the end of ben>" in ann.text
    until(lambda: ann.do("text")["people"] == ["ann", "ben"], "they see each other")
    carl = open_editor("carl")
    until(lambda: carl.text == ann.text, "a newcomer has the same text")


@pytest.mark.timeout(120)
def test_what_was_acknowledged_outlives_a_flush_and_everyone_who_had_it(
    cluster: Cluster, open_editor: Callable[[str], Editor]
) -> None:
    dora = open_editor("dora")
    witness = open_editor("witness")
    dora.do("type", "<kept by the hub>")
    until(lambda: "<kept by the hub>" in witness.text, "it was accepted")
    dora.stop()
    witness.stop()

    until(lambda: cluster.count(STORED) > 0, "it is in the row")
    redis.Redis.from_url(cluster.redis.url).flushall()
    for instance in cluster.instances:
        instance.kill()
        instance.start()
    for instance in cluster.instances:
        instance.wait_ready(60)

    assert "<kept by the hub>" in open_editor("emil").text
