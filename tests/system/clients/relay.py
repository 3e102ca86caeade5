"""A relay of TCP connections that can reset all of them."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator

from tests.cluster.ports import HOST

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close by RST


class Relay:
    """Passes connections on to a port, `target`."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.target = target
        self._clients: set[socket.socket] = set()

    @contextlib.contextmanager
    def serving(self) -> Iterator[Relay]:
        relay = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                relay._pass_on(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 100

        with Server((HOST, 0), Handler) as server:
            self.port = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()

    def reset(self) -> None:
        """Send RST on every connection of a client."""
        for client in list(self._clients):
            with contextlib.suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                client.shutdown(socket.SHUT_RD)

    def _pass_on(self, client: socket.socket) -> None:
        self._clients.add(client)
        try:
            with socket.create_connection((HOST, self.target)) as server:
                back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                back.start()
                _copy(client, server)
                back.join()
        finally:
            self._clients.discard(client)
            client.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
