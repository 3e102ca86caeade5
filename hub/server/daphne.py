"""Daphne with what it lacks, started by `manage.py serve`.

- *Lifespan* (ASGI): the background loops start and stop with the server.
- *Handover* (``hub.adopt``): the socket of a live feed or a room leaves Twisted for `hub.delivery.sockets`.
  Daphne's ``send()`` costs many times a bare ``send``, and never waits for a slow reader.
- *Backlog*: the 50 handshakes that Daphne lets wait throttle many clients that reconnect at once.
- *Graceful stop*: the first signal stops accepting and lets the application end; the second exits.
- *Trust*: client addresses and schemes are believed of the configured proxies alone
  (`hub.server.forwarding`).
- *Limits on requests*: `hub.server.channel`, `hub.server.request`.
- *Handshakes as requests*: `hub.server.request` renames the ``Upgrade`` header of a room to ``hub-upgrade``,
  or Daphne would take the socket for its own WebSocket protocol. Rooms answer the handshake themselves.
- *WebSockets of the project's own consumers* are Daphne's: `hub.server.websockets`.

Private names of Twisted are touched in `hub.server.twisted_internals` alone. Undocumented ones of Daphne, its
`run` above all, are used here; the contract test of that module holds them, too.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

# Daphne installs Twisted's asyncio reactor on import, so it comes before anything of Twisted.
from daphne.server import Server as Daphne
from daphne.server import twisted_loop

from twisted.internet import defer, tcp  # isort: skip
from twisted.internet import reactor as twisted_reactor
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.logger import globalLogBeginner

from hub.delivery.sockets import ClientSocket, SocketPoller
from hub.server import listener, websockets
from hub.server.body_limits import BufferedBodies
from hub.server.channel import Factory
from hub.server.connection_rate import ConnectionRate
from hub.server.forwarding import TrustedProxies
from hub.server.plain_posts import Post
from hub.server.request import AuthorizeBulk, StreamsBody
from hub.server.twisted_internals import detach
from hub.support.asgi import Scope
from hub.support.headers import Raw

BACKLOG = 2048  # handshakes that the kernel may queue
SWITCH_INTERVAL_S = 0.001  # for which a thread may keep the event loop waiting
# Descriptors where the hard limit is "unlimited", which macOS does not accept as a soft limit: its OPEN_MAX.
OPEN_MAX = 10_240
# New objects before a collection: connections open by the thousand, and are freed by reference count.
GC_THRESHOLD = 50_000

# Twisted's types stop at its interfaces.
reactor: Any = twisted_reactor

logger = logging.getLogger(__name__)


class Server(Daphne):  # type: ignore[misc]  # daphne is not typed
    """One instance's server on one address. `run` returns after a signal, when the application has ended."""

    def __init__(
        self,
        application: Any,
        host: str,
        port: int,
        *,
        proxies: Sequence[str] = (),
        serves_websockets: bool = False,
        authorize_bulk: AuthorizeBulk | None = None,
        streams_body: StreamsBody | None = None,
        posts: Post | None = None,
    ) -> None:
        """``authorize_bulk`` is awaited before a large body is read; ``streams_body`` says which bodies are
        read while they arrive; ``posts`` serves plain requests to publish; with ``serves_websockets`` Daphne
        takes the WebSockets that are not for rooms."""
        super().__init__(application, endpoints=[f"{host}:{port}"], server_name="hub")
        self.bodies = BufferedBodies()
        self._rate = ConnectionRate()
        self.serves_websockets = serves_websockets
        self.authorize_bulk = authorize_bulk
        self.streams_body = streams_body
        self.posts = posts
        self._address = host, port
        self._proxies = TrustedProxies(proxies)
        self._messages: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._poller: SocketPoller | None = None
        # Coroutines whose connection was handed over: the event loop itself holds them weakly.
        self._detached: set[asyncio.Task[None]] = set()
        self.leaving = False

    def run(self) -> None:
        """Serve until a signal: Daphne's own `run`, with our parts."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        _raise_descriptor_limit()
        self.connections: dict[Any, dict[str, Any]] = {}
        self.http_factory = Factory(self)
        self.ws_factory = websockets.factory(self)
        # Twisted would buffer its log, which nothing reads.
        quiet: Any = lambda event: None  # noqa: E731
        globalLogBeginner.beginLoggingTo([quiet], redirectStandardIO=False, discardBuffer=True)
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        host, port = self._address
        endpoint: Any = TCP6ServerEndpoint if ":" in host else TCP4ServerEndpoint
        listening = endpoint(reactor, port, BACKLOG, host).listen(self.http_factory)
        listening.addCallbacks(self.listen_success, self.listen_error)
        self.listeners.append(listening)
        asyncio.set_event_loop(twisted_loop)
        for number in (signal.SIGTERM, signal.SIGINT):
            twisted_loop.add_signal_handler(number, self._signalled)
        reactor.addSystemEventTrigger("before", "shutdown", self.kill_all_applications)
        reactor.callWhenRunning(self._start)
        reactor.run(installSignalHandlers=False)

    def listen_success(self, port: Any) -> Any:
        super().listen_success(port)
        listener.configure(port.socket)
        address = port.getHost()
        print(f"hub: http://{address.host}:{address.port}/", flush=True)
        return port

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        # Daphne reads it from a header, whoever sent that.
        scope["hub.root_path"], scope["root_path"] = scope.get("root_path", ""), ""
        self._proxies.apply(scope)
        transport = getattr(protocol, "transport", None)
        if scope["type"] == "http":
            if self.leaving:
                protocol.channel.persistent = False
                protocol.responseHeaders.setRawHeaders(b"Connection", [b"close"])
            if scope["http_version"] == "1.1" and type(transport) is tcp.Server:
                scope["extensions"] = {"hub.adopt": partial(self._adopt, protocol)}
        body = getattr(protocol, "body", None)
        if body is None:
            return super().create_application(protocol, scope)
        scope.setdefault("asgi", {"version": "3.0"})
        running = self.application(scope, body.receive, partial(self.handle_reply, protocol))
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(running)
        return body

    def kill_all_applications(self) -> Any:
        """Called by the reactor before it ends; it waits for the result."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._leave(), loop=twisted_loop))

    def address_of(self, request: Any) -> str:
        """The client of a request whose body has not come yet."""
        forwarded_for = request.requestHeaders.getRawHeaders(b"X-Forwarded-For", [])
        return self._proxies.client(getattr(request.client, "host", None), forwarded_for)

    def believed(self, peer: str, headers: list[Raw]) -> tuple[list[Raw], str, str]:
        """What is believed of a request's headers; its scheme and its client by these."""
        scope: Scope = {"scheme": "http", "client": [peer, 0], "headers": headers}
        self._proxies.apply(scope)
        return scope["headers"], scope["scheme"], scope["client"][0]

    def admits(self, peer: str) -> bool:
        """Whether another connection from this peer is accepted. Proxies open them for all their clients."""
        return peer in self._proxies or self._rate.allows(peer)

    def _adopt(self, request: Any, limit: int, closed: Callable[[], None]) -> ClientSocket | None:
        """Hand a request's connection over to `hub.delivery.sockets`; None if its client has left.

        The extension ``hub.adopt``. What Twisted still had to write is sent first. ``closed`` is called once,
        when the connection ends.
        """
        transport, channel = request.transport, request.channel
        if request.finished or channel is None or transport.disconnected or transport.disconnecting:
            return None
        if channel.pipelined.strip():
            # Data after the request has arrived already: a client has to wait for the response.
            channel.loseConnection()
            return None
        socket, unsent = detach(request)
        running = self.connections.pop(request)["application_instance"]
        self._detached.add(running)
        running.add_done_callback(self._finished)
        if self._poller is None:
            self._poller = SocketPoller()
        return self._poller.adopt(socket, unsent, limit, closed)

    def _finished(self, task: asyncio.Task[None]) -> None:
        """Daphne's `application_checker` for coroutines that it does not know any more."""
        self._detached.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a feed or a room failed after its connection was handed over", exc_info=error)

    def _start(self) -> None:
        self._messages.put_nowait({"type": "lifespan.startup"})
        self._lifespan = twisted_loop.create_task(
            self.application({"type": "lifespan"}, self._messages.get, self._lifespan_reply), name="lifespan"
        )
        # What exists now stays: no collection need look at it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD, 20, 100)

    async def _lifespan_reply(self, message: dict[str, str]) -> None:
        logger.debug("%s", message["type"])

    def _signalled(self) -> None:
        if self.leaving:
            os._exit(1)
        self.leaving = True
        reactor.stop()

    async def _leave(self) -> None:
        for listening in self.listeners:
            listening.addCallback(lambda port: port.stopListening())
        self._messages.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.gather(asyncio.wait([self._lifespan]), websockets.close(self.connections))
        applications = [details.get("application_instance") for details in self.connections.values()]
        running = [task for task in (*applications, *self._detached) if task is not None and not task.done()]
        for instance in running:
            instance.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _raise_descriptor_limit() -> None:
    """To the hard limit: each feed and each room takes a descriptor."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_MAX, hard))
