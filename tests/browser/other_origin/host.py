"""Somebody else's site: another origin, a strict policy, and what docs/embedding.md shows."""

from __future__ import annotations

import json
import re
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests import ROOT
from tests.cluster.ports import HOST

DOCUMENT = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
BLOCKS = [textwrap.dedent(text) for text in re.findall(r"^ *```\w+\n(.*?)^ *```", DOCUMENT, re.M | re.S)]
KEY = {"Authorization": "Bearer demo-key"}


def block(words: str) -> str:
    found: str
    (found,) = (text for text in BLOCKS if words in text)
    return found


class Host(ThreadingHTTPServer):
    """`hub` is set once the hub that allows this origin is there."""

    hub = ""

    def __init__(self) -> None:
        super().__init__((HOST, 0), Answer)
        self.origin = f"http://{HOST}:{self.server_port}"
        self.stranger = f"http://localhost:{self.server_port}"  # the same site by a name that nobody allowed

    def tokens(self, ttl: int = 3600) -> dict[str, Any]:
        body = {"user": "alice", "ttl": ttl, "topics": ["job-42"]}
        answer = httpx.post(f"{self.hub}/api/v1/tokens", json=body, headers=KEY, timeout=20)
        issued: dict[str, Any] = answer.raise_for_status().json()
        return issued

    def page(self, token: str) -> str:
        elements = block('<notification-bell hub="https://hub.example.com"')
        elements = elements.replace("https://hub.example.com", self.hub).replace("…", token)
        head = '<title>Shop</title><script type="module" src="/app.js"></script>'
        return f'<!doctype html><html lang="en"><head>{head}</head><body>{elements}</body></html>'

    @property
    def policy(self) -> str:
        ours, sockets = f"'self' {self.hub}", self.hub.replace("http", "ws", 1)
        return f"default-src 'self'; script-src {ours}; connect-src {ours} {sockets}; style-src 'self'"


class Answer(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path == "/":
            self._say("text/html", self.server.page(parse_qs(asked.query).get("token", [""])[0]))
        elif asked.path == "/app.js":
            self._say("text/javascript", block("notification-token-needed"))
        elif asked.path == "/feed.js":
            self._say("text/javascript", block("new EventSource"))
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        self._say("application/json", json.dumps(self.server.tokens()))

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""

    def _say(self, type: str, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", self.server.policy)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def hosting() -> Iterator[Host]:
    with Host() as host:
        thread = threading.Thread(target=host.serve_forever)
        thread.start()
        yield host
        host.shutdown()
        thread.join()
