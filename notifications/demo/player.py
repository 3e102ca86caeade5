"""Posts a file of GitHub webhooks to a hub over HTTP, at a given rate, until all of it is accepted."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from notifications.demo import github_sample

TIMEOUT_S = 10
PAUSE_S = (0.1, 5.0)  # between two attempts: the first, the longest
RETRIED_STATUSES = (409, 429, 502, 503, 504)


@dataclass
class Tally:
    """The result. ``replayed`` of the accepted notifications had been accepted before, with the same key."""

    lines: int = 0
    notifications: int = 0
    replayed: int = 0
    events: int = 0
    tries: int = 0
    refused: list[str] = field(default_factory=list)


class Hub:
    """One connection, kept alive, to the hub at a URL."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not the URL of a hub: use one like http://127.0.0.1:8000.")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.tries = 0

    def post(self, path: str, body: Any, key: str) -> tuple[int, bool, str]:
        """The status, whether it is a replay, and the text of the response; retries until there is one."""
        data = json.dumps(body).encode()
        pause = PAUSE_S[0]
        while True:
            self.tries += 1
            try:
                self._connection.request("POST", path, data, {**self._headers, "Idempotency-Key": key})
                response = self._connection.getresponse()
                text = response.read().decode(errors="replace")
                if response.status not in RETRIED_STATUSES:
                    return response.status, response.headers["Idempotent-Replay"] == "true", text
            except (OSError, HTTPException):
                self._connection.close()
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
            pause = min(2 * pause, PAUSE_S[1])

    def close(self) -> None:
        self._connection.close()


def play(lines: Sequence[str], rate: float, hub: Hub, report: Callable[[Tally], None]) -> Tally:
    """Post each line as a notification and as an event, ``rate`` lines per second; ``report`` after each."""
    tally = Tally()
    start = time.monotonic()
    for number, line in enumerate(lines):
        time.sleep(max(0.0, start + number / rate - time.monotonic()))
        try:
            webhook = json.loads(line)
            notification, event = github_sample.notification(number, webhook), github_sample.event(webhook)
        except Exception as error:
            tally.refused.append(f"line {number + 1} is not a webhook: {error!r}")
            continue
        key = github_sample.key(number, line)
        status, replayed, text = hub.post("/api/v1/notifications", notification, key)
        if status == 201:
            tally.notifications += 1
            tally.replayed += replayed
        else:
            tally.refused.append(f"line {number + 1}, notification: {text}")
        status, _, text = hub.post("/api/v1/events", event, key)
        if status == 201:
            tally.events += 1
        else:
            tally.refused.append(f"line {number + 1}, event: {text}")
        tally.lines, tally.tries = number + 1, hub.tries
        report(tally)
    return tally
