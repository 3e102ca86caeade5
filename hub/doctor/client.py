"""A way into the hub: through the balancer, or straight to an instance."""

from __future__ import annotations

import html
import http.client
import ipaddress
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 5.0
DETAIL = 200  # characters of a page that are told


class CannotConnect(Exception):
    """Nobody answers there; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # by names in lower case
    body: bytes
    took_s: float
    local: str  # the address that was come from
    at: float  # Unix time, when it was read

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    @property
    def detail(self) -> str:
        leads = f"to {self.headers['location']}" if "location" in self.headers else ""
        return leads or detail(self.body.decode(errors="replace"))


@dataclass(frozen=True, slots=True)
class Door:
    """``host`` is named in every request; ``at`` is where it is sent, if not to that host."""

    scheme: str
    host: str
    at: tuple[str, int]
    insecure: bool = False
    source: str = ""

    @classmethod
    def of(cls, url: str, insecure: bool = False) -> Door:
        """Raise `ValueError` for what is no http(s) URL of a host."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError(f"{url!r} is not a hub's URL: give one like https://hub.example.com.")
        at = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        # From loopback to loopback every address is the same, and whose is whose could not be told.
        source = "127.0.0.2" if _ipv4_loopback(parts.hostname) else ""
        return cls(parts.scheme, parts.netloc.rpartition("@")[2], at, insecure, source)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def place(self) -> str:
        return f"{self.at[0]}:{self.at[1]}"

    @property
    def loopback(self) -> bool:
        return self.at[0] == "localhost" or _loopback(self.at[0])

    def context(self, *protocols: str) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.insecure:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(protocols)
        return context

    def connect(self) -> http.client.HTTPConnection:
        """An open connection; raise `CannotConnect`."""
        host, port = self.at
        source = (self.source, 0) if self.source else None
        connection = (
            http.client.HTTPSConnection(
                host, port, timeout=TIMEOUT_S, source_address=source, context=self.context("http/1.1")
            )
            if self.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=TIMEOUT_S, source_address=source)
        )
        try:
            connection.connect()
        except OSError as error:
            raise CannotConnect(f"{self.scheme}://{host}:{port} cannot be reached: {error}") from error
        return connection

    def raw(self) -> socket.socket:
        """A connection without TLS yet; raise `CannotConnect`."""
        source = (self.source, 0) if self.source else None
        try:
            return socket.create_connection(self.at, TIMEOUT_S, source)
        except OSError as error:
            raise CannotConnect(f"{self.place} cannot be reached: {error}") from error

    def get(self, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> Answer:
        """Ask, and read the answer whole; raise `CannotConnect`."""
        connection = self.connect()
        local = connection.sock.getsockname()[0]
        began = time.perf_counter()
        try:
            method, body = more.get("method", "GET"), more.get("body")
            connection.request(method, path, body, {"Host": self.host, **(headers or {})})
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise CannotConnect(f"{self.url}{path} gave no answer: {error!r}") from error
        finally:
            connection.close()
        return Answer(response.status, found, content, time.perf_counter() - began, local, time.time())

    def post(self, path: str, said: Any, headers: Mapping[str, str]) -> Answer:
        lines = {"Content-Type": "application/json", **headers}
        return self.get(path, lines, method="POST", body=json.dumps(said).encode())


@dataclass(slots=True)
class Event:
    type: str
    at: float  # on the clock of `time.perf_counter`
    data: Any


@dataclass(slots=True)
class Feed:
    """An open feed, read by a thread of its own so that each line is timed when it comes."""

    door: Door
    topic: str
    token: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 0
    answered: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    asked_at: float = 0.0
    ended_at: float | None = None
    beats: list[float] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    _connection: http.client.HTTPConnection | None = None
    _socket: socket.socket | None = None  # the connection forgets it once it is answered
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def open(self) -> Feed:
        self._connection = self.door.connect()
        self._socket = self._connection.sock
        self._socket.settimeout(None)
        self.asked_at = time.perf_counter()
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def until(self, condition: Callable[[Feed], bool], seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: condition(self) or self.ended_at is not None, seconds) and (
                condition(self)
            )

    def first(self, type: str, number: object = None) -> Event | None:
        """The first event of a type; of a live one, with that number."""
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
        lines = {"Host": self.door.host, "Authorization": f"Bearer {self.token}", **self.headers}
        try:
            self._connection.request("GET", f"/feed/?{query}", headers=lines)
            response = self._connection.getresponse()
            with self._changed:
                self.answered = {name.lower(): value for name, value in response.getheaders()}
                self.status = response.status
                self._changed.notify_all()
            if response.status != 200:
                self.problem = detail(response.read(2000).decode(errors="replace"))
            elif "content-encoding" not in self.answered:
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
            line, now = raw.decode().rstrip("\n"), time.perf_counter()
            with self._changed:
                if line.startswith(":"):
                    self.beats.append(now)
                elif line.startswith("event: "):
                    type = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self.events.append(Event(type, now, json.loads(line.removeprefix("data: "))))
                self._changed.notify_all()


def detail(body: str) -> str:
    """What a refusal says, on one line: the detail of a problem, or the words of a page."""
    try:
        said = json.loads(body)
    except ValueError:
        words = re.sub(r"<(style|title)\b.*?</\1>|<[^>]*>", " ", body, flags=re.DOTALL)
        return " ".join(html.unescape(words).split())[:DETAIL]
    return str(said.get("detail", "")) if isinstance(said, dict) else ""


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _ipv4_loopback(host: str) -> bool:
    return host == "localhost" or (_loopback(host) and ":" not in host)
