"""Rooms on Daphne's own command, which has no lifespan and gives no sockets away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests import ROOT
from tests.cluster.instance import Instance
from tests.cluster.ports import Ports

KEY = {"Authorization": "Bearer demo-key"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("daphne")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    env = {**inherited, "HUB_DEMO": "1", "HUB_DATABASE_URL": f"sqlite:///{folder}/hub.sqlite3"}
    for command in ("migrate", "demo"):
        subprocess.run([sys.executable, "manage.py", command], cwd=ROOT, env=env, check=True)
    instance = Instance(folder, "hub", Ports.free(0).http, env, server="daphne")
    instance.start()
    try:
        instance.wait_ready()
        yield instance
    finally:
        instance.stop()


def issue(hub: Instance) -> dict[str, str]:
    issued: dict[str, str] = httpx.post(
        f"{hub.url}/api/v1/tokens", json={"user": "alice"}, headers=KEY
    ).json()
    return issued


def enter(hub: Instance, query: str = "") -> ClientConnection:
    url = hub.url.replace("http", "ws") + f"/rooms/lobby/{query}"
    return connect(url, additional_headers={"Authorization": f"Bearer {issue(hub)['token']}"})


def until(socket: ClientConnection, type: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(socket.recv(timeout=10))
        if frame["type"] == type:
            return frame


def test_a_message_is_kept_and_replayed(hub: Instance) -> None:
    with enter(hub) as socket:
        before = until(socket, "welcome")["position"]
        until(socket, "live")
        socket.send(json.dumps({"type": "say", "id": "c1", "body": "hello"}))
        frame = until(socket, "said")

    with enter(hub, f"?after={before}") as socket:
        assert until(socket, "said") == frame
        until(socket, "live")


def test_a_frame_that_is_too_big_closes_though_daphne_sends_no_1009(hub: Instance) -> None:
    with enter(hub) as socket:
        until(socket, "live")
        socket.send("x" * 100_000)
        with pytest.raises(ConnectionClosed) as closed:
            until(socket, "never")

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400


def test_a_refusal_is_sent_on_the_open_socket(hub: Instance) -> None:
    url = hub.url.replace("http", "ws") + "/rooms/lobby/"

    with connect(url) as socket, pytest.raises(ConnectionClosed) as closed:
        until(socket, "never")

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_a_token_comes_in_a_subprotocol_which_is_not_sent_back(hub: Instance) -> None:
    url = hub.url.replace("http", "ws") + "/rooms/lobby/"
    offered = [Subprotocol("hub.v1"), Subprotocol(f"bearer.{issue(hub)['token']}")]

    with connect(url, subprotocols=offered) as socket:
        assert socket.subprotocol == "hub.v1"
        assert until(socket, "welcome")["you"]["name"] == "alice"


def test_a_ticket_opens_a_room_once(hub: Instance) -> None:
    url = hub.url.replace("http", "ws") + f"/rooms/lobby/?ticket={issue(hub)['ticket']}"

    with connect(url) as socket:
        until(socket, "live")
    with connect(url) as socket, pytest.raises(ConnectionClosed) as closed:
        until(socket, "never")

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
