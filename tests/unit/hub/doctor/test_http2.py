"""The limit of streams of HTTP/2 is noted where it is low, and what is no HTTP/2 does not stop the doctor."""

from __future__ import annotations

import socket

import pytest

from hub.doctor.http2 import check_streams, max_streams
from hub.doctor.report import Report

WINDOW_SIZE = b"\0\4\0\0\xff\xff"  # another setting


def settings(*pairs: bytes) -> bytes:
    payload = b"".join(pairs)
    return len(payload).to_bytes(3, "big") + b"\4\0\0\0\0\0" + payload


def streams(number: int) -> bytes:
    return b"\0\3" + number.to_bytes(4, "big")


def notes(sent: bytes) -> list[str]:
    """What is noted of a server that sends this and closes the connection."""
    report = Report("https://hub.example.com")
    server, client = socket.socketpair()
    with server, client:
        server.sendall(sent)
        server.shutdown(socket.SHUT_WR)
        check_streams(report, "hub.example.com", client)
    return report.notes


@pytest.mark.parametrize("number", [0, 100, 128])
def test_fewer_streams_than_a_page_may_open_are_noted(number: int) -> None:
    (note,) = notes(settings(WINDOW_SIZE, streams(number)))

    assert note.startswith(f"HTTP/2 at hub.example.com allows {number} streams per connection: ")


@pytest.mark.parametrize(
    "sent", [settings(streams(512)), settings(streams(2**32 - 1)), settings(WINDOW_SIZE)]
)
def test_many_streams_are_not(sent: bytes) -> None:
    assert notes(sent) == []


@pytest.mark.parametrize(
    "sent", [b"", settings()[:5], b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\7\0\0\0\0\0"]
)
def test_a_server_that_announces_nothing_is_noted(sent: bytes) -> None:
    (note,) = notes(sent)

    assert note.startswith("HTTP/2 at hub.example.com announces no settings: ")


def test_a_preface_is_sent_with_our_own_settings() -> None:
    server, client = socket.socketpair()
    with server, client:
        server.sendall(settings(streams(100)))

        assert max_streams(client) == 100
        assert server.recv(100) == b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings()
