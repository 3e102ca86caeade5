"""A fetch is bounded in time and bytes, and follows no redirect."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from notifications.access.issuers import download

Serve = Callable[[Callable[[socket.socket], None]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answers one connection by a function; returns the URL."""
    with contextlib.ExitStack() as stack:

        def start(answer: Callable[[socket.socket], None]) -> str:
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def run() -> None:
                client, _ = server.accept()
                with client, contextlib.suppress(OSError):
                    client.recv(65536)
                    answer(client)

            thread = threading.Thread(target=run)
            thread.start()
            stack.callback(thread.join)
            return f"http://127.0.0.1:{server.getsockname()[1]}/jwks.json?v=1"

        yield start


def answering(*parts: bytes) -> Callable[[socket.socket], None]:
    def answer(client: socket.socket) -> None:
        for part in parts:
            client.sendall(part)

    return answer


def dripping(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        client.sendall(b"x")
        time.sleep(0.02)


def test_the_body_of_a_response_is_returned(serve: Serve) -> None:
    url = serve(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"{}"))

    assert download.fetch(url) == b"{}"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (download.MAX_BYTES + 1),
        b"nonsense\r\n\r\n",
        b"",
    ],
    ids=["an error", "a redirect", "too large", "not HTTP", "nothing"],
)
def test_another_answer_is_a_failure(serve: Serve, answer: bytes) -> None:
    url = serve(answering(answer))

    with pytest.raises(download.FAILURES):
        download.fetch(url)


def test_a_server_that_drips_is_given_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "FETCH_S", 0.3)
    url = serve(dripping)

    with pytest.raises(download.FAILURES):
        download.fetch(url)


def test_an_address_where_no_server_is_is_a_failure() -> None:
    with pytest.raises(download.FAILURES):
        download.fetch("http://127.0.0.1:1/jwks.json")


def test_a_certificate_that_is_not_trusted_is_a_failure(serve: Serve) -> None:
    url = serve(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")).replace("http", "https")

    with pytest.raises(OSError, match="SSL"):
        download.fetch(url)
