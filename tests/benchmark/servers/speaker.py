"""Who says the lines in a room: one socket, as raw as those that post."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress

from tests.cluster.ports import HOST

TIMEOUT_S = 20
NO_MASK = bytes(4)  # a mask of zeros is a mask too
PING, PONG = b"\x89\x00", b"\x8a\x80" + NO_MASK


class Speaker:
    """A member like the others, live once it is made; what it is told itself it throws away."""

    def __init__(self, port: int, head: str, live_mark: str) -> None:
        self._socket = socket.create_connection((HOST, port), timeout=TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(head.encode())
        told = b""
        while live_mark.encode() not in told:
            more = self._socket.recv(65536)
            if not more:
                raise RuntimeError(f"the speaker is not let in: {told[-200:]!r}")
            told += more
        self._socket.settimeout(None)

    def say(self, text: str) -> None:
        self._send(0x81, text.encode())

    def send(self, frame: bytes) -> None:
        self._send(0x82, frame)

    def _send(self, first: int, payload: bytes) -> None:
        self._throw_away()
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", first, 0x80 | size)
        else:
            head = struct.pack("!BBH", first, 0x80 | 126, size)
        self._socket.sendall(head + NO_MASK + payload)

    def leave(self) -> None:
        self._socket.close()

    def _throw_away(self) -> None:
        with suppress(BlockingIOError):
            while told := self._socket.recv(65536, socket.MSG_DONTWAIT):
                if PING in told:
                    self._socket.sendall(PONG)
            raise RuntimeError("the speaker was thrown out")
