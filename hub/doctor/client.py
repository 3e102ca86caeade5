"""An HTTP client for the hub, through the balancer or straight to an instance."""

from __future__ import annotations

import html
import http.client
import ipaddress
import json
import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 5.0
MAX_DETAIL = 200  # characters of an error page that are reported


class CannotConnect(Exception):
    """Nothing answers at an address; the text says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole response, with the times and the local address of its connection."""

    status: int
    headers: Mapping[str, str]  # by names in lower case
    body: bytes
    duration_s: float
    local_address: str
    received_at: float  # Unix time

    def json(self) -> Any:
        """The body, or {} if it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    @property
    def detail(self) -> str:
        redirect = f"to {self.headers['location']}" if "location" in self.headers else ""
        return redirect or problem_detail(self.body.decode(errors="replace"))


@dataclass(frozen=True, slots=True)
class Client:
    """Requests name ``host`` and are sent to ``peer`` (host, port), from the address ``source`` if set."""

    scheme: str
    host: str
    peer: tuple[str, int]
    insecure: bool = False
    source: str = ""

    @classmethod
    def from_url(cls, url: str, insecure: bool = False) -> Client:
        """Raise `ValueError` for anything but the http(s) URL of a host."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError(f"{url!r} is not a hub's URL: give one like https://hub.example.com.")
        peer = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        # From loopback to loopback all addresses would be equal, and a proxy's not told from ours.
        source = "127.0.0.2" if _is_ipv4_loopback(parts.hostname) else ""
        return cls(parts.scheme, parts.netloc.rpartition("@")[2], peer, insecure, source)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def address(self) -> str:
        return f"{self.peer[0]}:{self.peer[1]}"

    @property
    def is_loopback(self) -> bool:
        return self.peer[0] == "localhost" or _is_loopback(self.peer[0])

    def tls_context(self, *protocols: str) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.insecure:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(protocols)
        return context

    def connect(self) -> http.client.HTTPConnection:
        """An open connection; raise `CannotConnect`."""
        host, port = self.peer
        source = (self.source, 0) if self.source else None
        connection = (
            http.client.HTTPSConnection(
                host, port, timeout=TIMEOUT_S, source_address=source, context=self.tls_context("http/1.1")
            )
            if self.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=TIMEOUT_S, source_address=source)
        )
        try:
            connection.connect()
        except OSError as error:
            raise CannotConnect(f"{self.scheme}://{host}:{port} cannot be reached: {error}") from error
        return connection

    def open_socket(self) -> socket.socket:
        """A TCP connection, without TLS yet; raise `CannotConnect`."""
        source = (self.source, 0) if self.source else None
        try:
            return socket.create_connection(self.peer, TIMEOUT_S, source)
        except OSError as error:
            raise CannotConnect(f"{self.address} cannot be reached: {error}") from error

    def request(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        body: bytes | None = None,
    ) -> Response:
        """Send a request and read the whole response; raise `CannotConnect`."""
        connection = self.connect()
        local_address = connection.sock.getsockname()[0]
        began = time.perf_counter()
        try:
            connection.request(method, path, body, {"Host": self.host, **(headers or {})})
            response = connection.getresponse()
            response_headers = {name.lower(): value for name, value in response.getheaders()}
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise CannotConnect(f"{self.url}{path} gave no answer: {error!r}") from error
        finally:
            connection.close()
        duration_s = time.perf_counter() - began
        return Response(
            status=response.status,
            headers=response_headers,
            body=content,
            duration_s=duration_s,
            local_address=local_address,
            received_at=time.time(),
        )

    def post(self, path: str, data: Any, headers: Mapping[str, str]) -> Response:
        """Send JSON."""
        headers = {"Content-Type": "application/json", **headers}
        return self.request(path, headers, method="POST", body=json.dumps(data).encode())


def problem_detail(body: str) -> str:
    """The detail of a problem, or the text of an error page, on one line."""
    try:
        problem = json.loads(body)
    except ValueError:
        text = re.sub(r"<(style|title)\b.*?</\1>|<[^>]*>", " ", body, flags=re.DOTALL)
        return " ".join(html.unescape(text).split())[:MAX_DETAIL]
    return str(problem.get("detail", "")) if isinstance(problem, dict) else ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_ipv4_loopback(host: str) -> bool:
    return host == "localhost" or (_is_loopback(host) and ":" not in host)
