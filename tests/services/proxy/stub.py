"""What stands behind nginx where no hub is needed: it notes what reaches it, and does as it is told."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.cluster.ports import HOST


@dataclass
class Stub:
    """``mood`` is the status it answers with; 0 closes the connection instead, 200 on /feed/ holds it."""

    port: int
    mood: int = 200
    requests: list[tuple[str, Message]] = field(default_factory=list)  # the request's line, its headers
    over: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def serving(self) -> Iterator[Stub]:
        server = ThreadingHTTPServer((HOST, self.port), _handler(self))
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self.over.set()
            server.shutdown()
            thread.join()
            server.server_close()


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            stub.requests.append((f"{self.command} {self.path}", self.headers))
            self.close_connection = True
            if stub.mood == 0:
                return
            self.send_response(stub.mood)
            self.send_header("Connection", "close")
            self.end_headers()
            if stub.mood == 200 and self.path.startswith("/feed/"):
                self.wfile.write(b": heartbeat\n\n")
                stub.over.wait(30)

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: object) -> None: ...

    return Handler
