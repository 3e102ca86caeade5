"""Firefox, which needs no driver: its remote agent speaks WebDriver BiDi (https://w3c.github.io/webdriver-bidi)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

from tests.browser.engines import actions
from tests.browser.engines.tab import NOTE_ERRORS, Kind, Point, Profile, Tab, until
from tests.cluster.process import Process

START_S = 60
ANSWER_S = 60
PREFERENCES = {
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "privacy.baselineFingerprintingProtection": False,
    "toolkit.telemetry.enabled": False,
}


class Connection:
    """Calls, answered one by one."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0

    def call(self, method: str, **params: Any) -> Any:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        answer = json.loads(self._socket.recv(ANSWER_S))
        assert answer["id"] == self._number
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
        return answer["result"]


class FirefoxTab(Tab):
    def __init__(self, connection: Connection, context: str) -> None:
        self._connection = connection
        self._context = context

    def goto(self, url: str) -> None:
        self._connection.call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    @property
    def url(self) -> str:
        tree = self._connection.call("browsingContext.getTree", root=self._context)
        return str(tree["contexts"][0]["url"])

    def run(self, script: str) -> Any:
        answer = self._connection.call(
            "script.evaluate",
            target={"context": self._context},
            expression=f"(async () => {{ {script} }})().then((value) => JSON.stringify(value ?? null))",
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def drag(self, *points: Point) -> None:
        self._perform(actions.drag(points))

    def press(self, *keys: str) -> None:
        self._perform(actions.press(keys))

    def close(self) -> None:
        super().close()
        self._connection.call("browsingContext.close", context=self._context)

    def _perform(self, sources: list[dict[str, Any]]) -> None:
        self._connection.call("input.performActions", context=self._context, actions=sources)


class FirefoxProfile(Profile):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._user = connection.call("browser.createUserContext")["userContext"]
        script = f"() => {{ {NOTE_ERRORS} }}"
        connection.call("script.addPreloadScript", functionDeclaration=script, userContexts=[self._user])

    def sign_in(self, cookies: list[Any]) -> None:
        for cookie in cookies:
            value = {"type": "string", "value": cookie["value"]}
            self._connection.call(
                "storage.setCookie",
                cookie={"name": cookie["name"], "value": value, "domain": urlsplit(cookie["url"]).hostname},
                partition={"type": "storageKey", "userContext": self._user},
            )

    def open(self, kind: Kind = "window") -> Tab:
        context = self._connection.call("browsingContext.create", type=kind, userContext=self._user)[
            "context"
        ]
        return FirefoxTab(self._connection, context)

    def close(self) -> None:
        self._connection.call("browser.removeUserContext", userContext=self._user)


@contextmanager
def firefox(folder: Path) -> Iterator[Callable[[], Profile]]:
    profile = folder / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    profile.joinpath("user.js").write_text("\n".join(lines), encoding="utf-8")
    argv = [
        "firefox-esr",
        "--headless",
        "--no-remote",
        "--profile",
        str(profile),
        "--remote-debugging-port=0",
    ]
    # It refuses a home that is not its user's.
    process = Process("firefox", argv, folder, env={**os.environ, "HOME": str(folder)})
    process.start()
    try:
        address = until(lambda: _address(process.log_file), "Firefox listens", seconds=START_S)
        with connect(f"{address}/session", max_size=None, compression=None) as socket:
            connection = Connection(socket)
            connection.call("session.new", capabilities={})
            yield lambda: FirefoxProfile(connection)
    finally:
        process.kill()


def _address(log: Path) -> str:
    found = re.search(r"BiDi listening on (ws://\S+)", log.read_text(encoding="utf-8", errors="replace"))
    return found[1] if found else ""
