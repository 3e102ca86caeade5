"""A connection whose client acknowledges nothing is not kept for long."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest

from hub.server import listener


def test_accepted_connections_inherit_the_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listener.configure(listening)
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            limit = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert limit == listener.MAX_UNACKNOWLEDGED_MS
    assert limit + 20_000 < 120_000, "from the first heartbeat that is lost"


def test_the_kernel_ends_a_connection_that_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MAX_UNACKNOWLEDGED_MS", 300)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listener.configure(listening)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.connect(listening.getsockname())
            with listening.accept()[0] as accepted:
                accepted.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        accepted.send(b": heartbeat\n" * 100)

                assert ended_within(accepted, 20)


def ended_within(connection: socket.socket, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            connection.send(b": heartbeat\n")
        except BlockingIOError:
            time.sleep(0.05)
        except OSError:
            return True
    return False
