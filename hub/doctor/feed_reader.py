"""A feed, read in a thread of its own so that every event is timed as it arrives."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from hub.doctor.client import Client, problem_detail
from hub.support import mount


@dataclass(slots=True)
class ReceivedEvent:
    """An event of a feed; ``at`` is on the clock of `time.perf_counter`."""

    type: str
    at: float
    data: Any


@dataclass(slots=True)
class FeedReader:
    """An open feed on one topic. All times are on the clock of `time.perf_counter`.

    ``status`` is 0 until there is a response; ``problem`` is what was wrong with it, or ended the connection.
    """

    client: Client
    topic: str
    token: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 0
    response_headers: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    requested_at: float = 0.0
    ended_at: float | None = None
    heartbeats: list[float] = field(default_factory=list)
    events: list[ReceivedEvent] = field(default_factory=list)
    _connection: http.client.HTTPConnection | None = None
    _socket: socket.socket | None = None  # the connection drops it once there is a response
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def open(self) -> FeedReader:
        self._connection = self.client.connect()
        self._socket = self._connection.sock
        self._socket.settimeout(None)
        self.requested_at = time.perf_counter()
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def until(self, condition: Callable[[FeedReader], bool], seconds: float) -> bool:
        """Wait for the condition; whether it came true in time, and before the feed ended."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self) or self.ended_at is not None, seconds) and (
                condition(self)
            )

    def first(self, type: str, number: object = None) -> ReceivedEvent | None:
        """The first event of a type; of a live event, with that ``n`` in its data."""
        for event in list(self.events):
            if event.type == type and (number is None or event.data.get("data", {}).get("n") == number):
                return event
        return None

    def close(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _read(self) -> None:
        assert self._connection is not None  # noqa: S101
        query = urlencode({"own": "0", "topic": self.topic})
        headers = {"Host": self.client.host, "Authorization": f"Bearer {self.token}", **self.headers}
        try:
            self._connection.request("GET", mount.at(f"/feed/?{query}"), headers=headers)
            response = self._connection.getresponse()
            with self._changed:
                self.response_headers = {name.lower(): value for name, value in response.getheaders()}
                self.status = response.status
                self._changed.notify_all()
            if response.status != 200:
                self.problem = problem_detail(response.read(2000).decode(errors="replace"))
            elif "content-encoding" not in self.response_headers:
                self._parse(response)
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.problem = repr(error)
        finally:
            with self._changed:
                self.ended_at = time.perf_counter()
                self._changed.notify_all()
            self._connection.close()

    def _parse(self, response: http.client.HTTPResponse) -> None:
        type = ""
        for raw in response:
            text, now = raw.decode().rstrip("\n"), time.perf_counter()
            with self._changed:
                if text.startswith(":"):
                    self.heartbeats.append(now)
                elif text.startswith("event: "):
                    type = text.removeprefix("event: ")
                elif text.startswith("data: "):
                    self.events.append(ReceivedEvent(type, now, json.loads(text.removeprefix("data: "))))
                self._changed.notify_all()
