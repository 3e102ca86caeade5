"""WebKitGTK's MiniBrowser in a virtual X display, driven by WebKitWebDriver (https://www.w3.org/TR/webdriver2)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.browser.engines import actions
from tests.browser.engines.tab import NOTE_ERRORS, Kind, Point, Profile, Tab, until
from tests.cluster.ports import HOST, Ports
from tests.cluster.process import Process

ANSWER_S = 60
# Debian keeps it off the PATH, one folder per architecture and interface.
[BROWSER, *_] = [*Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")]
ANSWER = """
const [answer] = arguments;
(async () => { %s })().then((value) => answer({ value }), (error) => answer({ error: String(error) }));
"""


class Driver(Process):
    """Has one session, which is one browser."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        port = Ports.free(0).http
        argv = ["WebKitWebDriver", f"--host={HOST}", f"--port={port}"]
        super().__init__(f"webkit-{port}", argv, folder, env=env)
        self._http = httpx.Client(base_url=f"http://{HOST}:{port}", timeout=ANSWER_S)
        self._session = ""

    def answers(self) -> bool:
        try:
            return self._http.get("/status").is_success
        except httpx.TransportError:
            return False

    def begin(self) -> None:
        self.start()
        self.wait_ready()
        options = {"webkitgtk:browserOptions": {"binary": str(BROWSER), "args": ["--automation"]}}
        session = self.call("POST", "/session", capabilities={"alwaysMatch": options})
        self._session = f"/session/{session['sessionId']}"

    def call(self, method: str, path: str, **body: Any) -> Any:
        answer = self._http.request(method, self._session + path, json=body if method == "POST" else None)
        value = answer.json()["value"]
        if not answer.is_success:
            raise RuntimeError(f"{path}: {value['error']}: {value['message']}")
        return value

    def end(self) -> None:
        if self._session:
            self.call("DELETE", "")
        self._http.close()
        self.stop()


class WebKitTab(Tab):
    def __init__(self, driver: Driver, handle: str) -> None:
        self._driver = driver
        self._handle = handle

    def goto(self, url: str) -> None:
        self._call("POST", "/url", url=url)
        self.run(NOTE_ERRORS)

    @property
    def url(self) -> str:
        return str(self._call("GET", "/url"))

    def run(self, script: str) -> Any:
        answer = self._call("POST", "/execute/async", script=ANSWER % script, args=[])
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer.get("value")

    def drag(self, *points: Point) -> None:
        self._call("POST", "/actions", actions=actions.drag(points))

    def press(self, *keys: str) -> None:
        self._call("POST", "/actions", actions=actions.press(keys))

    def close(self) -> None:
        super().close()
        self._call("DELETE", "/window")

    def _call(self, method: str, path: str, **body: Any) -> Any:
        self._driver.call("POST", "/window", handle=self._handle)
        return self._driver.call(method, path, **body)


class WebKitProfile(Profile):
    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        driver.begin()
        self._first = driver.call("GET", "/window")  # it stays: the last one that closes ends the session

    def sign_in(self, cookies: list[Any]) -> None:
        self._driver.call("POST", "/url", url=cookies[0]["url"])
        for cookie in cookies:
            self._driver.call("POST", "/cookie", cookie={"name": cookie["name"], "value": cookie["value"]})

    def open(self, kind: Kind = "window") -> Tab:
        self._driver.call("POST", "/window", handle=self._first)
        return WebKitTab(self._driver, self._driver.call("POST", "/window/new", type=kind)["handle"])

    def close(self) -> None:
        self._driver.end()


@contextmanager
def webkit(folder: Path) -> Iterator[Callable[[], Profile]]:
    argv = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    display = Process("xvfb", argv, folder)
    display.start()
    try:
        number = until(lambda: _number(display.log_file), "there is a display")
        env = {**os.environ, "DISPLAY": f":{number}", "GDK_BACKEND": "x11", "HOME": str(folder)}
        yield lambda: WebKitProfile(Driver(folder, env))
    finally:
        display.stop()


def _number(log: Path) -> str:
    """Of the display; it also complains of those that are taken."""
    found = re.search(r"^\d+$", log.read_text(encoding="utf-8"), re.MULTILINE)
    return found[0] if found else ""
