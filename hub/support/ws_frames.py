"""WebSocket frames as a server sends them: whole, unmasked (RFC 6455, 5.2)."""

from __future__ import annotations

import struct

PING = b"\x89\x00"


def text(payload: bytes) -> bytes:
    return _frame(0x81, payload)


def binary(payload: bytes) -> bytes:
    return _frame(0x82, payload)


def closing(code: int, reason: str = "") -> bytes:
    """A close frame; of the reason as much as fits."""
    words = reason.encode()[:123].decode(errors="ignore").encode()
    return _frame(0x88, struct.pack("!H", code) + words)


def _frame(first: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", first, length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", first, 126, length)
    else:
        head = struct.pack("!BBQ", first, 127, length)
    return head + payload
