"""`manage.py demo --replay`: everything is accepted once, whatever the way there is like."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from notifications.demo import github_sample, player

LINE = {"event": "push", "action": "payload", "payload": {"ref": "main", "repository": {"name": "hub"}}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "webhooks.jsonl"
    path.write_text("".join(json.dumps({**LINE, "number": number}) + "\n" for number in range(3)))
    return path


class Flaky(BaseHTTPRequestHandler):
    """A hub that hangs up, refuses to work, and only then accepts."""

    protocol_version = "HTTP/1.1"
    mood: list[int]
    accepted: list[tuple[str, str]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status = self.mood.pop(0) if self.mood else 201
        if status == 0:
            self.close_connection = True
            return
        if status == 201:
            self.accepted.append((self.path, self.headers["Idempotency-Key"]))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def flaky() -> Iterator[ThreadingHTTPServer]:
    Flaky.mood, Flaky.accepted = [503, 0, 502, 201, 0, 503, 429, 201], []
    with ThreadingHTTPServer(("127.0.0.1", 0), Flaky) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def run(file: Path, url: str, key: str = "any") -> str:
    out = StringIO()
    call_command("demo", replay=file, rate=10_000, url=url, key=key, stdout=out)
    return out.getvalue().splitlines()[-1].rpartition("\r")[2]


def test_every_webhook_is_tried_until_it_is_accepted(
    file: Path, flaky: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "PAUSE_S", (0.001, 0.002))

    output = run(file, f"http://127.0.0.1:{flaky.server_port}")

    lines = file.read_text().splitlines()
    expected = [
        (f"/api/v1/{path}", github_sample.key(number, line))
        for number, line in enumerate(lines)
        for path in ("notifications", "events")
    ]
    assert Flaky.accepted == expected
    assert output.startswith("3 lines: 3 notifications accepted")


def test_what_is_refused_is_reported(file: Path, flaky: ThreadingHTTPServer) -> None:
    Flaky.mood[:] = [401]

    with pytest.raises(CommandError, match="line 1, notification"):
        run(file, f"http://127.0.0.1:{flaky.server_port}")


@pytest.mark.parametrize("line", ["{", "7", "[]", '{"event": 7}', '{"event": "push", "payload": 7}'])
def test_a_line_that_is_no_webhook_is_reported_and_the_rest_played(
    file: Path, flaky: ThreadingHTTPServer, line: str
) -> None:
    Flaky.mood.clear()
    good = file.read_text()
    file.write_text(f"{line}\n{good}")

    with pytest.raises(CommandError, match="line 1 is not a webhook"):
        run(file, f"http://127.0.0.1:{flaky.server_port}")

    assert len(Flaky.accepted) == 6


@pytest.mark.parametrize("wrong", [{"url": "ftp://hub"}, {"rate": 0}, {"replay": Path("nowhere")}])
def test_what_cannot_be_played_is_reported(file: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(CommandError):
        call_command("demo", **{"replay": file, "rate": 1, "url": "http://127.0.0.1:1", **wrong})
