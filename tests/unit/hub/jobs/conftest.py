from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from hub.events import Draft
from hub.log import NO_TERMS, Log, LogAway, Terms


class Gate:
    """A log that can be away, or slow: what is appended while it is ``held`` waits until it is let go."""

    def __init__(self, log: Log) -> None:
        self._append = log.append
        self.away = False
        self.attempts = 0
        self.batches: list[int] = []
        self.let_go = threading.Event()
        self.let_go.set()

    def append(self, drafts: Sequence[Draft], terms: Terms = NO_TERMS) -> list[int]:
        self.attempts += 1
        if self.away:
            raise LogAway("Redis: gone")
        assert self.let_go.wait(10)
        self.batches.append(len(drafts))
        return self._append(drafts, terms)


@pytest.fixture
def gate(live_log: Log, monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = Gate(live_log)
    monkeypatch.setattr(live_log, "append", gate.append)
    return gate


@pytest.fixture
def data_on(live_log: Log) -> Callable[[str], list[dict[str, Any]]]:
    """The data of all events on a topic."""
    return lambda topic: [body["data"] for body in bodies_on(live_log, topic)]


def bodies_on(log: Log, topic: str) -> list[dict[str, Any]]:
    """The JSON of all events on a topic."""
    bodies: list[dict[str, Any]] = []
    more, after = True, 0
    while more:
        page = asyncio.run(log.read({topic: after}))
        bodies += [json.loads(event.body) for event in page.events]
        more, after = page.more, page.upto
    return bodies


def until(condition: Callable[[], Any], what: str, deadline_s: float = 10) -> None:
    deadline = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {deadline_s:g} s: {what}"
        time.sleep(0.005)
