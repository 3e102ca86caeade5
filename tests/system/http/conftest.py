from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPResponse, RemoteDisconnected
from typing import Any

import pytest

from tests.cluster import Cluster
from tests.cluster.ports import HOST

DEADLINE_S = 20


@dataclass(frozen=True)
class RawResponse:
    """A response as it was read from the socket."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json", self
        problem: dict[str, Any] = self.json
        assert problem["status"] == self.status
        assert problem["detail"]
        return problem


class Raw:
    """A connection on which any bytes may be sent."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=DEADLINE_S)
        self.host = f"{HOST}:{port}"

    def send(self, data: bytes) -> None:
        # A client that is refused may find out while it is still sending.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def head(self, first: str, *fields: str | bytes, host: bool = True) -> None:
        given = [field if isinstance(field, bytes) else field.encode("latin-1") for field in fields]
        about = [f"Host: {self.host}".encode()] if host else []
        self.send(b"\r\n".join([first.encode("latin-1"), *about, *given, b"", b""]))

    def receive(self) -> RawResponse:
        """The next answer; status 0 for a connection closed without one."""
        try:
            if self.socket.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 100":
                assert self.socket.recv(25).endswith(b"\r\n\r\n")
                return RawResponse(100, {}, b"")
            answer = HTTPResponse(self.socket)
            answer.begin()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return RawResponse(answer.status, headers, answer.read())
        except (ConnectionResetError, RemoteDisconnected):
            return RawResponse(0, {}, b"")

    def closed(self) -> bool:
        """Whether the other side ends the connection within the deadline."""
        until = time.monotonic() + DEADLINE_S
        with contextlib.suppress(ConnectionResetError):
            while time.monotonic() < until:
                if not self.socket.recv(65536):
                    return True
            return False
        return True


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two instances behind nginx; a test may stop a part if it brings it back."""
    with Cluster(tmp_path_factory.mktemp("cluster"), 2) as cluster:
        yield cluster


@pytest.fixture
def raw(cluster: Cluster) -> Iterator[Raw]:
    """To the first instance itself."""
    connection = Raw(cluster.ports.instances[0])
    yield connection
    connection.socket.close()
