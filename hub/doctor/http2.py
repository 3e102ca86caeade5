"""How many streams a server of HTTP/2 allows per connection, by its settings (RFC 9113, 6.5)."""

from __future__ import annotations

import socket
import struct

from hub.doctor.report import Report

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_HEAD = struct.Struct(">BHBBI")  # 24 bits of length in two parts, type, flags, stream
SETTINGS = 4  # the type of the frame
SETTING = struct.Struct(">HI")
MAX_CONCURRENT_STREAMS = 3
UNLIMITED = 2**31
MIN_STREAMS = 200  # below Caddy's 250, which cannot be set


def check_streams(report: Report, host: str, connection: socket.socket) -> None:
    """Note a limit that is less than a page may open; ``connection`` was opened for this."""
    try:
        streams = max_streams(connection)
    except OSError as error:
        return report.note(f"HTTP/2 at {host} announces no settings: {error}")
    if streams < MIN_STREAMS:
        report.note(
            f"HTTP/2 at {host} allows {streams} streams per connection: in a page with more feeds every "
            "further request waits."
        )


def max_streams(connection: socket.socket) -> int:
    """The limit of a server; raise `OSError` where it announces no settings."""
    connection.sendall(PREFACE + FRAME_HEAD.pack(0, 0, SETTINGS, 0, 0))
    with connection.makefile("rb") as received:
        head = received.read(FRAME_HEAD.size)
        if len(head) < FRAME_HEAD.size:
            raise ConnectionError("the connection was closed")
        high, low, type, _, _ = FRAME_HEAD.unpack(head)
        if type != SETTINGS:
            raise ConnectionError(f"the first frame is of type {type}")
        payload = received.read((high << 16) + low)
    settings = dict(SETTING.iter_unpack(payload[: len(payload) - len(payload) % SETTING.size]))
    return int(settings.get(MAX_CONCURRENT_STREAMS, UNLIMITED))
