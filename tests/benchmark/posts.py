"""Publishing through HTTP as fast as it is answered, over a few connections that stay."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Self

from tests.cluster.ports import HOST

CONNECTIONS = 8


@dataclass
class Posts:
    """One request again and again. Raw sockets: an HTTP client would cost as much as the server."""

    port: int
    path: str
    body: bytes
    headers: str = ""
    answered: int = 0
    problem: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, seconds: float) -> float:
        """Posts for so long; how long it took until the last answer."""
        began = time.monotonic()
        threads = [threading.Thread(target=self._post, args=(began + seconds,)) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.problem:
            raise RuntimeError(f"POST {self.path}: {self.problem}")
        return time.monotonic() - began

    def _post(self, until: float) -> None:
        answered = 0
        try:
            with Poster(self.port, self.path, self.headers) as poster:
                while time.monotonic() < until and not self.problem:
                    poster.post(self.body)
                    answered += 1
        except OSError as error:
            self.problem = str(error)
        with self._lock:
            self.answered += answered


class Poster:
    """One connection that posts, and waits for each answer."""

    def __init__(self, port: int, path: str, headers: str) -> None:
        self._head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n{headers}"
        self._connection = socket.create_connection((HOST, port), timeout=20)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, body: bytes) -> None:
        """Raises `OSError` for any answer but 201."""
        self._connection.sendall(f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = _answer(self._connection)
        if not answer.startswith(b"HTTP/1.1 201"):
            raise OSError(answer[-500:].decode(errors="replace"))

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _answer(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head = data.partition(b"\r\n\r\n")[0].lower()
    size = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    missing = len(head) + 4 + int(size) - len(data)
    while missing > 0:
        more = _some(connection)
        missing -= len(more)
        data += more
    return data


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise OSError("closed by the server")
    return data
