"""What stands in front drops `Authorization`, or passes everything on a little late."""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.ports import HOST
from tests.system.doctor.conftest import Ward, found

Change = Callable[[bytes], bytes]


@contextlib.contextmanager
def relay(port: int, *, request: Change = bytes, response: Change = bytes) -> Iterator[str]:
    """The URL of a relay to a port, which changes what it passes on and has the client's address."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            client = self.client_address[0]
            with socket.create_connection((HOST, port), source_address=(client, 0)) as server:
                back = threading.Thread(target=pass_on, args=(server, self.request, response))
                back.start()
                pass_on(self.request, server, request)
                back.join()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server((HOST, 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://{HOST}:{listening.server_address[1]}"
        finally:
            listening.shutdown()
            thread.join()


def pass_on(source: socket.socket, target: socket.socket, change: Change) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(change(data))
        target.shutdown(socket.SHUT_WR)


def without_authorization(data: bytes) -> bytes:
    return re.sub(rb"\r\nAuthorization:[^\r]*", b"", data)


def late(data: bytes) -> bytes:
    time.sleep(0.2)  # as HAProxy does without option http-no-delay
    return data


@pytest.mark.parametrize(
    ("request_change", "response_change", "finding", "remedy"),
    [
        (without_authorization, bytes, "hub.D030", "PASSTHRU"),
        (bytes, late, "hub.D001", "http-no-delay"),
    ],
)
def test_it_is_named_and_nothing_else_is(
    ward: Ward, request_change: Change, response_change: Change, finding: str, remedy: str
) -> None:
    port = ward.cluster.ports.instances[0]
    with relay(port, request=request_change, response=response_change) as url:
        status, report = ward.examine("--quick", "--url", url)

    assert (status, found(report)) == (1, {finding})
    assert remedy in report["findings"][0]["mend"]
