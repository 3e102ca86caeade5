"""Your own consumer, as docs/consumer.md has it, and the hub's rooms in one process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests import ROOT
from tests.cluster.instance import Instance
from tests.cluster.ports import Ports

PAGE = (ROOT / "docs" / "consumer.md").read_text()
BLOCKS = re.findall(r"^```python\n# (\S+)\n(.*?)^```", PAGE, re.M | re.S)
KEY = {"Authorization": "Bearer demo-key"}
# Writes down that it was disconnected.
PARTING = """
from pathlib import Path
from shop.asgi import *

class Parting(StockConsumer):
    async def disconnect(self, code):
        Path(__file__).with_name("parted").write_text(str(code))

routes.append(path("ws/parting/<slug:article>/", Parting.as_asgi()))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "shop").mkdir()
    for path, text in [*BLOCKS, ("shop/__init__.py", ""), ("shop/parting.py", PARTING)]:
        (folder / path).write_text(text)
    with (folder / "shop" / "settings.py").open("a") as settings:
        settings.write('ASGI_APPLICATION = "shop.parting.application"\n')
    return folder


@pytest.fixture(scope="module")
def env(project: Path) -> dict[str, str]:
    """One process as it comes: SQLite and the memory log."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    env = {
        **inherited,
        "HUB_DEMO": "1",
        "HUB_DATABASE_URL": f"sqlite:///{project}/hub.sqlite3",
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "PYTHONPATH": f"{project}:{ROOT}",
    }
    for command in ("migrate", "demo"):
        subprocess.run([sys.executable, "manage.py", command], cwd=ROOT, env=env, check=True)
    return env


class Shop:
    """The project, served."""

    def __init__(self, instance: Instance, open: ExitStack) -> None:
        self.instance = instance
        self._open = open

    def socket(self, path: str, **headers: str) -> ClientConnection:
        url = self.instance.url.replace("http", "ws") + path
        origin = Origin(self.instance.url)
        return self._open.enter_context(connect(url, additional_headers=headers, origin=origin))

    def session(self, user: str) -> str:
        with httpx.Client(base_url=self.instance.url) as browser:
            browser.get("/accounts/login/")
            form = {"username": user, "password": "demo", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
            browser.post("/accounts/login/", data=form)
            return f"sessionid={browser.cookies['sessionid']}"

    def token(self, user: str) -> str:
        answer = httpx.post(f"{self.instance.url}/api/v1/tokens", json={"user": user}, headers=KEY)
        return f"Bearer {answer.json()['token']}"


@pytest.fixture(scope="module", params=["serve", "uvicorn"])
def shop(request: pytest.FixtureRequest, project: Path, env: dict[str, str]) -> Iterator[Shop]:
    port = Ports.free(0).http
    asgi = "shop.parting:application"
    instance = Instance(project, f"shop-{request.param}", port, env, server=request.param, application=asgi)
    with ExitStack() as open:
        instance.start()
        open.callback(instance.stop)
        instance.wait_ready()
        yield Shop(instance, open)


def until(socket: ClientConnection, type: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(socket.recv(timeout=10))
        if frame["type"] == type:
            return frame


def test_your_own_consumer_and_the_hubs_rooms_share_a_process(shop: Shop) -> None:
    alice = shop.socket("/ws/stock/tea/", Cookie=shop.session("alice"))
    bob = shop.socket("/ws/stock/tea/", Cookie=shop.session("bob"))
    room = shop.socket("/rooms/lobby/", Authorization=shop.token("alice"))
    until(room, "live")

    alice.send(json.dumps({"left": 3}))
    room.send(json.dumps({"type": "say", "id": "c1", "body": "Tea is running out"}))

    received = [json.loads(socket.recv(timeout=10)) for socket in (alice, bob)]
    assert received == [{"left": 3, "by": "alice"}] * 2
    assert until(room, "said")["body"] == "Tea is running out"


def test_a_user_who_is_not_signed_in_is_refused_by_your_consumer(shop: Shop) -> None:
    with pytest.raises(InvalidStatus) as refused:
        shop.socket("/ws/stock/tea/")

    assert refused.value.response.status_code == 403


def test_a_room_stays_the_hubs_however_its_path_is_written(shop: Shop) -> None:
    room = shop.socket("/%72ooms/lobby/")

    with pytest.raises(ConnectionClosed) as closed:
        room.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, bool(closed.value.rcvd.reason)) == (4401, True)


def test_serve_refuses_an_application_that_is_no_hub(env: dict[str, str], project: Path) -> None:
    (project / "shop" / "bare.py").write_text(
        'from shop.settings import *\nASGI_APPLICATION = "django.core.asgi.get_asgi_application"\n'
    )

    bare = {**env, "DJANGO_SETTINGS_MODULE": "shop.bare"}
    command = [sys.executable, "manage.py", "serve"]
    done = subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, text=True, timeout=60)

    assert done.returncode == 1
    assert "ASGI_APPLICATION names no hub.asgi.Hub" in done.stderr


def test_the_frames_of_your_consumer_may_be_larger_than_those_of_a_room(shop: Shop) -> None:
    alice = shop.socket("/ws/stock/tea/", Cookie=shop.session("alice"))

    alice.send(json.dumps({"left": "x" * 500_000}))

    assert len(alice.recv(timeout=10)) > 500_000


def test_an_instance_that_leaves_disconnects_your_consumer(shop: Shop, project: Path) -> None:
    alice = shop.socket("/ws/parting/tea/", Cookie=shop.session("alice"))

    shop.instance.terminate()
    with pytest.raises(ConnectionClosed) as closed:
        alice.recv(timeout=10)
    shop.instance.join(15)

    assert closed.value.rcvd is not None
    code = closed.value.rcvd.code
    assert code in (1001, 1012)  # as `serve`, or uvicorn, has it
    assert (project / "shop" / "parted").read_text() == str(code)
