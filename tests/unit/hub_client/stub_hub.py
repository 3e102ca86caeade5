"""A server of this process that opens feeds, says what it is given to say, and is silent then."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


class StubHub:
    """Every connection is sent the same; how many there were is counted."""

    def __init__(self, blocks: bytes) -> None:
        self._blocks = blocks
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for one in (*self._open, self._listener):
            one.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            self.connections += 1
            request = b""
            while b"\r\n\r\n" not in request:
                request += client.recv(65536)
            client.sendall(HEAD + self._blocks)
