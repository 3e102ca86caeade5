"""What docs/embedding.md shows works as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import ROOT
from tests.cluster.instance import Instance
from tests.cluster.ports import Ports

BLOCKS = re.findall(r"^```\w+\n(.*?)^```", (ROOT / "docs" / "embedding.md").read_text(), re.M | re.S)
KEY = {"Authorization": "Bearer demo-key"}


def block(words: str) -> str:
    found: str
    (found,) = (text for text in BLOCKS if words in text)
    return found


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One process as it comes: SQLite and the memory log."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    database = tmp_path_factory.mktemp("database") / "hub.sqlite3"
    env = {**inherited, "HUB_DEMO": "1", "HUB_DATABASE_URL": f"sqlite:///{database}"}
    for command in ("migrate", "demo"):
        subprocess.run([sys.executable, "manage.py", command], cwd=ROOT, env=env, check=True)
    return env


@pytest.fixture
def hub(env: dict[str, str], tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path, "hub", Ports.free(0).http, env)
    instance.start()
    try:
        instance.wait_ready()
        yield instance
    finally:
        instance.stop()


def posted(hub: Instance, path: str, body: dict[str, Any]) -> Any:
    return httpx.post(f"{hub.url}/api/v1/{path}", json=body, headers=KEY).raise_for_status().json()


def until(found: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not found():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_the_python_client_misses_nothing_while_the_hub_is_killed(hub: Instance, tmp_path: Path) -> None:
    program, heard = tmp_path / "client.py", tmp_path / "heard"
    program.write_text(block("connect_sse"))
    token = posted(hub, "tokens", {"user": "alice", "topics": ["job-42"]})["token"]

    def lines() -> list[list[str]]:
        return [line.split(" ", 1) for line in heard.read_text().splitlines()]

    def titles() -> list[str]:
        return [json.loads(data)["data"]["title"] for name, data in lines() if name == "notification"]

    with (
        heard.open("w") as out,
        subprocess.Popen([sys.executable, str(program), hub.url, token, "job-42"], stdout=out) as client,
    ):
        try:
            until(lambda: any(name == "stream-live" for name, _ in lines()), "a live feed")
            posted(hub, "notifications", {"to": ["user:alice"], "title": "one"})
            posted(hub, "events", {"topic": "job-42", "type": "progress", "data": 7})
            until(lambda: any(name == "progress" for name, _ in lines()), "the progress")
            hub.kill()
            hub.start()
            hub.wait_ready()
            posted(hub, "notifications", {"to": ["user:alice"], "title": "two"})
            until(lambda: "two" in titles(), "what came after the kill")
        finally:
            client.kill()

    assert titles() == ["one", "two"]


def test_the_python_client_ends_when_its_token_is_refused(hub: Instance, tmp_path: Path) -> None:
    program = tmp_path / "client.py"
    program.write_text(block("connect_sse"))

    done = subprocess.run(
        [sys.executable, str(program), hub.url, "a.b.c"], capture_output=True, text=True, timeout=20
    )

    assert "HTTPStatusError" in done.stderr


def test_the_django_project_has_a_bell(env: dict[str, str], tmp_path: Path) -> None:
    for path, text in {
        "shop/__init__.py": "",
        "shop/settings.py": block("# shop/settings.py"),
        "shop/urls.py": block("# shop/urls.py"),
        "shop/templates/shop/page.html": block("shop/templates/shop/page.html"),
        "look.py": (
            "import django; django.setup()\n"
            "from django.contrib.auth.models import User\n"
            "from django.test import Client\n"
            "client = Client(headers={'host': 'localhost'})\n"
            "client.force_login(User.objects.get(username='alice'))\n"
            "print(client.get('/shop/').content.decode())\n"
            "print(client.get('/preferences/').status_code)\n"
        ),
    }.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    done = subprocess.run(
        [sys.executable, "look.py"],
        cwd=tmp_path,
        env={**env, "DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert "<notification-bell user=" in done.stdout
    assert "<notification-toasts user=" in done.stdout
    assert 'src="/static/notifications/bell.js"' in done.stdout
    assert done.stdout.endswith("200\n")
