"""A proxy in front of a hub that lets no stream through, as virus scanners and company gateways do."""

from __future__ import annotations

import re
import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

HEAD_END = b"\r\n\r\n"


class StreamProxy:
    """One request per connection. Server-sent events pass as the proxy is set when they begin: in blocks of
    ``block`` bytes, and the rest when the answer is over; not at all if it ``swallows`` them; and are reset
    after ``cut_s``. A request line that contains ``unanswered`` gets no answer; then ``requested`` is set."""

    def __init__(
        self,
        upstream_port: int,
        *,
        block: int | None = None,
        swallows: str = "",
        cut_s: float | None = None,
        unanswered: str = "",
    ) -> None:
        self.block = block
        self.swallows = swallows  # "streams", which have no length, or "all"
        self.cut_s = cut_s
        self.requested = threading.Event()
        self._unanswered = unanswered.encode()
        self._upstream_port = upstream_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def let_through(self) -> None:
        self.block, self.swallows, self.cut_s = None, "", None

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in [self._listener, *self._sockets]:
            _shut_down(one)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            suppress(OSError),
            client,
            socket.create_connection(("127.0.0.1", self._upstream_port)) as upstream,
        ):
            self._sockets |= {client, upstream}
            head, body = _read_head(client)
            if self._unanswered and self._unanswered in head.partition(b"\r\n")[0]:
                self.requested.set()
                client.recv(1)  # until it goes
                return
            upstream.sendall(_closing(head) + body)
            threading.Thread(target=_forward, args=[client, upstream], daemon=True).start()
            head, body = _read_head(upstream)
            events = b"text/event-stream" in head.lower()
            is_stream = events and b"content-length" not in head.lower()
            if self.swallows == "all" and events or self.swallows and is_stream:
                while upstream.recv(65536):
                    pass
                return
            if events and self.cut_s is not None:
                reset = struct.pack("ii", 1, 0)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
                cut = threading.Timer(self.cut_s, _shut_down, [upstream])
                cut.daemon = True
                cut.start()
            client.sendall(_closing(head))
            block = self.block if events else None
            held, received = b"", body
            while True:
                held += received
                passed = len(held) - len(held) % block if block else len(held)
                client.sendall(held[:passed])
                held = held[passed:]
                if not (received := upstream.recv(65536)):
                    break
            client.sendall(held)


def _shut_down(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


def _read_head(source: socket.socket) -> tuple[bytes, bytes]:
    """Up to its empty line, and what came with it."""
    received = b""
    while HEAD_END not in received:
        more = source.recv(65536)
        if not more:
            raise ConnectionResetError
        received += more
    head, _, rest = received.partition(HEAD_END)
    return head + HEAD_END, rest


def _closing(head: bytes) -> bytes:
    head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head)
    return head[: -len(HEAD_END)] + b"\r\nConnection: close" + HEAD_END


def _forward(client: socket.socket, upstream: socket.socket) -> None:
    """The rest of a request's body; then, with the client gone, the end."""
    with suppress(OSError):
        while received := client.recv(65536):
            upstream.sendall(received)
        upstream.shutdown(socket.SHUT_RDWR)
