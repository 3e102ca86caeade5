"""Fetches a small document over HTTP(S), within bounds of time and bytes: no redirects, no proxies."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

MAX_BYTES = 512 * 1024
FETCH_S = 10.0

FAILURES = (OSError, HTTPException, ValueError)


def fetch(url: str) -> bytes:
    """The body of a response of status 200. Blocks for up to `FETCH_S`; raises one of `FAILURES`."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", parts.path or "/"
    connection: HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = HTTPSConnection(host, parts.port, timeout=FETCH_S, context=context)
    else:
        connection = HTTPConnection(host, parts.port, timeout=FETCH_S)
    # The connection's own timeout is of each read: a server that sends a byte at a time would never end.
    began = time.monotonic()
    end = threading.Timer(FETCH_S, _cut, [connection])
    end.daemon = True
    end.start()
    try:
        connection.request(
            "GET",
            f"{path}?{parts.query}" if parts.query else path,
            headers={"Accept": "application/jwk-set+json, application/json", "Connection": "close"},
        )
        response = connection.getresponse()
        if response.status != 200:
            raise ValueError(f"status {response.status}")
        body = response.read(MAX_BYTES + 1)
    finally:
        end.cancel()
        connection.close()
    if time.monotonic() >= began + FETCH_S:
        raise TimeoutError(f"no whole answer within {FETCH_S:g} s")
    if len(body) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes")
    return body


def _cut(connection: HTTPConnection) -> None:
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
