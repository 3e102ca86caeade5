"""Publishing through HTTP as fast as it is answered, over a few connections that stay."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass, field

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
        request = (
            f"POST {self.path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n{self.headers}"
            f"Content-Length: {len(self.body)}\r\n\r\n"
        ).encode() + self.body
        answered = 0
        try:
            with socket.create_connection((HOST, self.port), timeout=20) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while time.monotonic() < until and not self.problem:
                    connection.sendall(request)
                    answer = _answer(connection)
                    if not answer.startswith(b"HTTP/1.1 201"):
                        raise OSError(answer[-500:].decode(errors="replace"))
                    answered += 1
        except OSError as error:
            self.problem = str(error)
        with self._lock:
            self.answered += answered


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
