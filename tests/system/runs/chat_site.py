"""Somebody's site with a chat: its page, and the back end that answers with runs of the hub."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from tests import ROOT
from tests.cluster import Cluster
from tests.cluster.ports import HOST
from tests.house.page import page

CLIENTS = ROOT / "tests" / "system" / "clients"
KEY = {"Authorization": "Bearer demo-key"}
PACE_S = 0.03  # between two tokens, as a model has them
PAGE = '<!doctype html><title>Chat</title><div id="root"></div><script type="module" src="/chat.js"></script>'


class ChatSite(ThreadingHTTPServer):
    """One chat. Its runs are produced at the first instance, and passed on from the second."""

    daemon_threads = True
    cluster: Cluster  # which allows this origin

    def __init__(self, folder: Path) -> None:
        super().__init__((HOST, 0), _Answer)
        self.origin = f"http://{HOST}:{self.server_port}"
        self._folder = folder
        self.run: dict[str, str] = {}  # the last one, as the hub began it
        self.numbers = 0  # after which a run is done
        self.said: list[dict[str, Any]] = []
        self.told_to_stop = threading.Event()

    @cached_property
    def script(self) -> bytes:
        return bundle(self._folder)

    @cached_property
    def token(self) -> str:
        """Alice's."""
        token: str = self._send(0, "tokens", {"user": "alice", "ttl": 3600}, KEY["Authorization"])["token"]
        return token

    @property
    def run_url(self) -> str:
        return f"{self.cluster.http_url}/api/v1/runs/{self.run['run']}"

    def clear(self) -> None:
        self.run, self.said = {}, []
        self.told_to_stop = threading.Event()

    def begin(self, messages: list[dict[str, Any]]) -> None:
        self.said = messages
        self.run = self.post(0, "", {"owner": "alice", "title": "Count"})
        threading.Thread(target=self._produce, daemon=True).start()

    def stop(self) -> None:
        """At the third instance."""
        self._send(2, f"runs/{self.run['run']}/stop", None, f"Bearer {self.token}")

    def chat(self) -> dict[str, Any]:
        """What the page begins with."""
        run = self.run.get("run")
        return {"hub": self.cluster.http_url, "run": run, "token": self.token, "messages": self.said}

    def stream(self) -> Iterator[bytes]:
        url = f"{self.cluster.instance_url(1)}/api/v1/runs/{self.run['run']}/stream?format=ai-sdk"
        with httpx.stream("GET", url, headers=KEY, timeout=20) as answer:
            yield from answer.iter_raw()

    def post(self, k: int, path: str, body: Any) -> Any:
        """To an instance, of runs."""
        return self._send(k, f"runs{path}", body, KEY["Authorization"])

    def _send(self, k: int, path: str, body: Any, authorization: str) -> Any:
        url = f"{self.cluster.instance_url(k)}/api/v1/{path}"
        headers = {"Authorization": authorization}
        return httpx.post(url, json=body, headers=headers, timeout=20).raise_for_status().json()

    def _produce(self) -> None:
        events, stopping = f"/{self.run['run']}/events", self.told_to_stop
        self.post(0, events, {"events": [{"type": "phase", "data": {"name": "counting"}}]})
        for number in count():
            if number >= self.numbers:
                break
            answer = self.post(0, events, {"events": [{"type": "token", "data": {"text": f"{number} "}}]})
            if answer["stop"]:
                return stopping.set()
            stopping.wait(PACE_S)
        self.post(0, f"/{self.run['run']}/done", {})


class _Answer(BaseHTTPRequestHandler):
    server: ChatSite

    def do_GET(self) -> None:
        match self.path:
            case "/":
                self._say("text/html", [PAGE.encode()])
            case "/chat.js":
                self._say("text/javascript", [self.server.script])
            case "/api/chat":
                self._say("application/json", [json.dumps(self.server.chat()).encode()])
            case _:
                self.send_error(404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.begin(body["messages"])
        self._say("text/event-stream", self.server.stream())

    def do_DELETE(self) -> None:
        self.server.stop()
        self._say("text/plain", [])

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""

    def _say(self, type: str, parts: Iterable[bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"{type}; charset=utf-8")
        self.end_headers()
        for part in parts:
            self.wfile.write(part)


def bundle(folder: Path) -> bytes:
    """The page's program with the transport that docs/runs.md shows."""
    (shown,) = (block.text for block in page("runs").blocks if "DefaultChatTransport" in block.text)
    (folder / "transport.js").write_text(shown)
    (folder / "chat.jsx").write_text((CLIENTS / "programs" / "chat.jsx").read_text())
    esbuild = [str(CLIENTS / "node_modules" / "esbuild" / "bin" / "esbuild"), "chat.jsx", "--bundle"]
    options = ["--format=esm", "--jsx=automatic", "--define:process.env.NODE_ENV='production'", "--minify"]
    env = {"PATH": "/usr/bin:/bin", "NODE_PATH": str(CLIENTS / "node_modules")}
    done = subprocess.run([*esbuild, *options], cwd=folder, env=env, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@contextmanager
def serving(site: ChatSite) -> Iterator[ChatSite]:
    with site:
        thread = threading.Thread(target=site.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()
