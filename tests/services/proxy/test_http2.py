"""How many streams nginx allows a page over one connection of HTTP/2."""

from __future__ import annotations

import socket
import ssl

from hub.doctor.http2 import max_streams
from tests.cluster.ports import HOST
from tests.services.proxy.conftest import Front


def test_a_page_may_have_512_feeds_open(front: Front) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])

    with (
        socket.create_connection((HOST, front.nginx.https), timeout=10) as plain,
        context.wrap_socket(plain) as secure,
    ):
        assert max_streams(secure) == 512
