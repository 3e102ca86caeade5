"""Serves a key set over HTTPS: ``server.py PORT CERTIFICATE KEY FILE``. The file is read at every request."""

from __future__ import annotations

import http.server
import ssl
import sys
from pathlib import Path

from tests.cluster.ports import HOST


class KeySet(http.server.BaseHTTPRequestHandler):
    file: Path

    def do_GET(self) -> None:
        body = self.file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    port, certificate, key, KeySet.file = int(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])
    server = http.server.ThreadingHTTPServer((HOST, port), KeySet)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
