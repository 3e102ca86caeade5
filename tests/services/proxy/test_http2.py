"""How many streams nginx allows a page over one connection of HTTP/2."""

from __future__ import annotations

import socket
import ssl
import struct

from tests.cluster.ports import HOST
from tests.services.proxy.conftest import Front

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
EMPTY_SETTINGS = b"\0\0\0\4\0\0\0\0\0"
SETTINGS, MAX_CONCURRENT_STREAMS = 4, 3


def settings_of(port: int) -> dict[int, int]:
    """The first frame of the server (RFC 9113, 6.5)."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection((HOST, port), timeout=10) as plain,
        context.wrap_socket(plain) as secure,
        secure.makefile("rb") as stream,
    ):
        secure.sendall(PREFACE + EMPTY_SETTINGS)
        size = int.from_bytes(stream.read(3), "big")
        type, _, _ = struct.unpack(">BBI", stream.read(6))
        assert type == SETTINGS
        return dict(struct.iter_unpack(">HI", stream.read(size)))


def test_a_page_may_have_512_feeds_open(front: Front) -> None:
    assert settings_of(front.nginx.https)[MAX_CONCURRENT_STREAMS] == 512
