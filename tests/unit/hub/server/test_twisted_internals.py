"""What the hub uses of Twisted and Daphne without their promise is still there, and does the same."""

from __future__ import annotations

import gc
import hashlib
import inspect
import socket
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import Mock
from weakref import ref

import pytest

# Daphne installs Twisted's reactor on import, so it comes before anything of Twisted.
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server as Daphne
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

from hub.server import twisted_internals  # isort: skip
from hub.server.channel import Channel, Factory
from hub.server.twisted_internals import detach

from twisted.internet import abstract, reactor, tcp  # isort: skip
from twisted.internet.testing import StringTransport
from twisted.web import http

HEAD = b"POST /page/?a=1 HTTP/1.1\r\nHost: hub\r\nContent-Length: 4\r\n\r\n"
# Twisted's types stop at its interfaces, and many of its functions have none.
new_channel: Any = Channel
plain_channel: Any = http.HTTPChannel
channel_of_twisted = plain_channel()
descriptor = abstract.FileDescriptor(Mock())
daphne = Daphne(None, ["tcp:0"])

UNSENT = "what Twisted had still to write when a connection is handed over"
LEFT = "whether a client has left before its connection is handed over"
SILENT = "keeping the reactor from a connection that is handed over"
POSTS = "plain requests to publish"
TWISTED = [
    (channel_of_twisted, "_dataBuffer", "pipelined bytes, behind which no connection is handed over"),
    (channel_of_twisted, "_buffer", "whether a head has begun, and whether a body came along with it"),
    (channel_of_twisted, "_receivedHeaderSize", "the limit on a head"),
    (channel_of_twisted, "_receivedHeaderCount", "the limit on a head"),
    (channel_of_twisted, "totalHeadersSize", "the limit on a head"),
    (channel_of_twisted, "maxHeaders", "the limit on a head"),
    (channel_of_twisted, "line_mode", "the time that a head may take"),
    (channel_of_twisted, "_respondToBadRequestAndDisconnect", "answering a bad head with a problem"),
    (channel_of_twisted, "_send100Continue", "judging a large body before it is sent"),
    (channel_of_twisted, "requests", "cutting reference cycles when a connection is handed over"),
    (channel_of_twisted, "allContentReceived", "a body that is read while it arrives"),
    (channel_of_twisted, "persistent", POSTS),
    (channel_of_twisted, "_HTTPChannel__first_line", POSTS),
    (channel_of_twisted, "_waitingForTransport", POSTS),
    (reactor, "_readOrWrite", POSTS),
    (reactor, "_asyncioEventloop", POSTS),
    (descriptor, "dataBuffer", UNSENT),
    (descriptor, "offset", UNSENT),
    (descriptor, "_tempDataBuffer", UNSENT),
    (tcp.Server, "disconnected", LEFT),
    (tcp.Server, "disconnecting", LEFT),
    (tcp.Server, "getHandle", "the socket of a connection that is handed over"),
    (tcp.Server, "stopReading", SILENT),
    (tcp.Server, "stopWriting", SILENT),
]
DAPHNE = [
    (Daphne, "application_checker", "reaping coroutines"),
    (Daphne, "timeout_checker", "Daphne's own timeouts"),
    (Daphne, "listen_success", "printing the address"),
    (Daphne, "listen_error", "ending when the port is taken"),
    (Daphne, "create_application", "the trust in proxies and the extension hub.adopt"),
    (Daphne, "kill_all_applications", "the drain on SIGTERM"),
    (daphne, "listeners", "closing the port on SIGTERM"),
    (daphne, "application", "the lifespan"),
    (HTTPFactory(None), "server", "reaching the limits from a connection"),
    (WebRequest, "process", "keeping the Upgrade header from Daphne"),
    (WebSocketFactory, "setProtocolOptions", "the limits on a project's own WebSockets"),
    (WebSocketProtocol, "STATE_OPEN", "closing a project's own WebSockets on SIGTERM"),
    (WebSocketProtocol, "sendCloseFrame", "closing a project's own WebSockets on SIGTERM"),
]
# Of `Daphne.run`, which `hub.server.daphne.Server.run` replaces: daphne 4.2.3.
RUN_DIGEST = "447c6bd42c62e98c"


@pytest.mark.parametrize(("owner", "name", "use"), TWISTED)
def test_twisted_has_what_the_hub_uses(owner: Any, name: str, use: str) -> None:
    assert hasattr(owner, name), f"Twisted moved {name}, used for {use}; see hub/server/twisted_internals.py"


@pytest.mark.parametrize(("owner", "name", "use"), DAPHNE)
def test_daphne_has_what_the_hub_uses(owner: Any, name: str, use: str) -> None:
    assert hasattr(owner, name), f"Daphne moved {name}, used for {use}; see hub/server/daphne.py"


def test_daphne_starts_as_it_did_when_our_start_was_written() -> None:
    digest = hashlib.sha256(inspect.getsource(Daphne.run).encode()).hexdigest()[:16]

    assert digest == RUN_DIGEST, (
        "Daphne changed Server.run: compare it with hub/server/daphne.py, whose run replaces it, "
        f"and then write {digest} here"
    )


class Unanswered(http.Request):
    """A request that waits for its answer, and notes what can be known before its body has come."""

    body = None
    early: tuple[tuple[bytes, bytes], int]

    def gotLength(self, length: int | None) -> None:
        channel: Any = self.channel
        self.early = channel.method_and_target, channel.unparsed
        assert channel.version == b"HTTP/1.1"
        super().gotLength(length)  # type: ignore[no-untyped-call]

    def process(self) -> None: ...

    def hold_continue(self) -> bool:
        return False


class Transport(StringTransport):
    def loseWriteConnection(self) -> None: ...


@pytest.fixture
def channel() -> Iterator[Any]:
    channel = new_channel()
    channel.requestFactory = Unanswered
    channel.factory = Mock(**{"server.posts": None})
    channel.makeConnection(Transport())  # type: ignore[no-untyped-call]
    yield channel
    channel.connectionLost()


def test_the_method_the_path_and_the_headers_are_known_before_the_body(channel: Any) -> None:
    channel.dataReceived(HEAD + b"12")

    assert channel.requests[0].early == ((b"POST", b"/page/?a=1"), 2)


def test_a_head_has_begun_until_it_is_whole(channel: Any) -> None:
    begun = []
    for part in (HEAD[:7], HEAD[7:30], HEAD[30:], b"1234"):
        channel.dataReceived(part)
        begun.append(channel.head_has_begun)

    assert begun == [True, True, False, False]


def test_what_comes_after_a_request_waits_for_its_answer(channel: Any) -> None:
    channel.dataReceived(HEAD + b"1234" + b"GET / HTTP/1.1\r\n")

    assert channel.pipelined == b"GET / HTTP/1.1\r\n"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"not http\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 501 + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + (b"A: " + b"b" * 20_000 + b"\r\n") * 4 + b"\r\n", b"431"),
    ],
)
def test_a_bad_head_is_answered_by_us(channel: Any, head: bytes, status: bytes) -> None:
    channel.dataReceived(head)

    assert channel.transport.value().startswith(b"HTTP/1.1 " + status)
    assert b"application/problem+json" in channel.transport.value()


def test_a_client_that_asks_may_send_its_body(channel: Any) -> None:
    channel.dataReceived(HEAD.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))

    assert channel.transport.value() == twisted_internals.CONTINUE


class Connection(tcp.Connection):
    connected = 1

    def getPeer(self) -> None: ...

    getHost = getPeer


new_connection: Any = Connection


class FakeReactor:
    """As much of a reactor as a transport asks for."""

    def __init__(self) -> None:
        self.readers: set[Any] = set()
        self.writers: set[Any] = set()
        self.addReader, self.removeReader = self.readers.add, self.readers.discard
        self.addWriter, self.removeWriter = self.writers.add, self.writers.discard


def test_a_detached_connection_stays_open_and_nothing_of_twisted_stays_with_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
    reactor, channel = FakeReactor(), new_channel()
    channel.requestFactory = Unanswered
    channel.factory = Mock(**{"server.posts": None})
    transport = new_connection(accepted, channel, reactor)
    channel.makeConnection(transport)
    channel.dataReceived(HEAD + b"1234")
    transport.write(b"not yet ")
    request = channel.requests[0]
    gone: list[Callable[[], Any]] = [ref(transport), ref(channel)]

    gc.disable()
    try:
        found, unsent = detach(request)
        del transport, channel
        assert [one() for one in gone] == [None, None], "a reference cycle waits for the garbage collector"
    finally:
        gc.enable()
    found.send(unsent + b"gone")

    assert client.recv(100) == b"not yet gone"
    assert not reactor.readers | reactor.writers
    client.close()
    found.close()


def test_an_answer_is_written_at_once_and_twisted_writes_what_the_client_does_not_read() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
    reactor, channel = FakeReactor(), new_channel()
    transport = new_connection(accepted, channel, reactor)
    channel.makeConnection(transport)

    channel.write_now(b"at once")
    assert client.recv(100) == b"at once"
    assert not reactor.writers
    while not reactor.writers:
        channel.write_now(b"x" * 65536)
    channel.write_now(b"the end")

    received = b""
    client.setblocking(False)
    while not received.endswith(b"the end"):
        transport.doWrite()
        received += client.recv(10_000_000)
    assert set(received[:-7]) == set(b"x")
    assert len(received[:-7]) % 65536 == 0
    channel.connectionLost()
    client.close()
    accepted.close()


def test_a_request_is_no_line_of_a_log_that_no_one_reads() -> None:
    factory = Factory(Mock())
    factory._logFile = Mock()
    factory._logFormatter = Mock(side_effect=AssertionError("a line was formatted"))

    factory.log(Mock())

    factory._logFile.write.assert_not_called()
