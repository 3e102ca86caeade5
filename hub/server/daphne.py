"""Daphne, started by us, with what it lacks.

- *Lifespan* (ASGI): the background loops start and stop with the server.
- *Giving connections away* (``hub.adopt``): the socket of a live feed or a room leaves Twisted for
  `hub.delivery.sockets`. Daphne's ``send()`` costs many times a bare ``send``, and never waits for a slow
  reader.
- *A queue that fits*: 50 handshakes, Daphne's choice, throttle a storm of reconnects.
- *A soft stop*: the first signal stops accepting and lets the application end; the second exits.
- *Trust*: who a client is and which scheme it used is believed of the configured proxies alone.
- *Bounds on what is read*: `hub.server.channel`.
- *Handshakes as requests*: `hub.server.request` renames the ``Upgrade`` header of a room to ``hub-upgrade``,
  or Daphne would take the socket for its own WebSocket protocol. Rooms answer the handshake themselves.
- *WebSockets of the project's own consumers* are Daphne's: `hub.server.websockets`.

Private names of Twisted are touched in `hub.server.twisted_internals` alone. Undocumented ones of Daphne, its
`run` above all, are used here; the contract test of that module holds them, too.
"""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

# Daphne installs Twisted's asyncio reactor on import, so it comes before anything of Twisted.
from daphne.server import Server as Daphne
from daphne.server import twisted_loop

from twisted.internet import defer, tcp  # isort: skip
from twisted.internet import reactor as twisted_reactor
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.logger import globalLogBeginner

from hub.delivery.sockets import ClientSocket, SocketPoller
from hub.server import forwarding, websockets
from hub.server.body_limits import BufferedBodies
from hub.server.channel import Factory
from hub.server.connection_rate import ConnectionRate
from hub.server.request import AuthorizeBulk
from hub.server.twisted_internals import detach

BACKLOG = 2048  # handshakes the kernel may queue
SWITCH_S = 0.001  # for which a thread may keep the event loop waiting
# Descriptors where the hard limit is "unlimited", which macOS does not accept as a soft limit: its OPEN_MAX.
OPEN_MAX = 10_240
# Young objects before the collector looks: connections come by the thousand and are freed by count.
COLLECT_AFTER = 50_000

# Twisted's types stop at its interfaces.
reactor: Any = twisted_reactor
_FORWARDED = (
    b"x-forwarded-for",
    b"x-forwarded-proto",
    b"x-forwarded-host",
    b"x-forwarded-port",
    b"forwarded",
)

logger = logging.getLogger(__name__)


class Server(Daphne):  # type: ignore[misc]  # daphne is not typed
    def __init__(
        self,
        application: Any,
        host: str,
        port: int,
        *,
        proxies: Sequence[str] = (),
        serves_websockets: bool = False,
        authorize_bulk: AuthorizeBulk | None = None,
    ) -> None:
        """``authorize_bulk`` is awaited before a large body is read; with ``serves_websockets``
        Daphne takes those that are not for rooms."""
        super().__init__(application, endpoints=[f"{host}:{port}"], server_name="hub")
        self.bodies = BufferedBodies()
        self._rate = ConnectionRate()
        self.serves_websockets = serves_websockets
        self.authorize_bulk = authorize_bulk
        self._address = host, port
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._trusts = lru_cache(maxsize=4096)(self._is_proxy)
        self._messages: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._poller: SocketPoller | None = None
        # Coroutines whose connection was handed over: the event loop alone would hold them weakly.
        self._detached: set[asyncio.Task[None]] = set()
        self._leaving = False

    def run(self) -> None:
        """Serve until a signal comes; Daphne's own `run`, with our parts."""
        sys.setswitchinterval(SWITCH_S)
        _raise_descriptor_limit()
        self.connections: dict[Any, dict[str, Any]] = {}
        self.http_factory = Factory(self)
        self.ws_factory = websockets.factory(self)
        # Twisted's own log would keep what nobody reads.
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
        address = port.getHost()
        print(f"hub: http://{address.host}:{address.port}/", flush=True)
        return port

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        # Daphne takes it from a header, whoever sends that.
        scope["hub.root_path"], scope["root_path"] = scope.get("root_path", ""), ""
        self._believe(scope)
        transport = getattr(protocol, "transport", None)
        if scope["type"] == "http":
            if self._leaving:
                protocol.channel.persistent = False
                protocol.responseHeaders.setRawHeaders(b"Connection", [b"close"])
            if scope["http_version"] == "1.1" and type(transport) is tcp.Server:
                scope["extensions"] = {"hub.adopt": partial(self._adopt, protocol)}
        return super().create_application(protocol, scope)

    def kill_all_applications(self) -> Any:
        """Called by the reactor before it ends, which waits for what we give."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._leave(), loop=twisted_loop))

    def address_of(self, request: Any) -> str:
        """Who sends a request whose body has not come yet."""
        lines = request.requestHeaders.getRawHeaders(b"X-Forwarded-For", [])
        peer = getattr(request.client, "host", None)
        return (forwarding.client(lines) if self._trusts(peer) else None) or peer or "unknown"

    def admits(self, peer: str) -> bool:
        """Whether another connection of this peer is read at all; a proxy opens them for everybody."""
        return self._trusts(peer) or self._rate.allows(peer)

    def _is_proxy(self, peer: str | None) -> bool:
        return peer is not None and any(forwarding.address(peer) in proxy for proxy in self._proxies)

    def _believe(self, scope: dict[str, Any]) -> None:
        """Of a trusted proxy, the last that it says of the client; of others, nothing."""
        scheme = scope.setdefault("scheme", "ws")  # Daphne names none for a WebSocket
        peer = scope["client"][0] if scope["client"] else None
        scope["hub.peer"] = str(peer)
        scope["hub.believed"] = self._trusts(peer)
        if not scope["hub.believed"]:
            scope["headers"] = [line for line in scope["headers"] if line[0] not in _FORWARDED]
            return
        if address := forwarding.client(v for name, v in scope["headers"] if name == b"x-forwarded-for"):
            scope["client"] = [address, 0]
        secure = forwarding.is_secure(v for name, v in scope["headers"] if name == b"x-forwarded-proto")
        if secure is not None:
            scope["scheme"] = scheme.removesuffix("s") + "s" * secure

    def _adopt(self, request: Any, limit: int, closed: Callable[[], None]) -> ClientSocket | None:
        """Hand a request's connection over to `hub.delivery.sockets`; None if its client has left.

        The extension ``hub.adopt``. What Twisted still had to write is sent first. ``closed`` is called once,
        when the connection ends.
        """
        transport, channel = request.transport, request.channel
        if request.finished or channel is None or transport.disconnected or transport.disconnecting:
            return None
        if channel.pipelined.strip():
            # More than the request has come already: a client has to wait for the answer.
            channel.loseConnection()
            return None
        taken, waiting = detach(request)
        running = self.connections.pop(request)["application_instance"]
        self._detached.add(running)
        running.add_done_callback(self._finished)
        if self._poller is None:
            self._poller = SocketPoller()
        return self._poller.adopt(taken, waiting, limit, closed)

    def _finished(self, task: asyncio.Task[None]) -> None:
        """Daphne's `application_checker` for coroutines that it does not know any more."""
        self._detached.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a feed or a room failed after its connection was handed over", exc_info=error)

    def _start(self) -> None:
        self._messages.put_nowait({"type": "lifespan.startup"})
        self._lifespan = twisted_loop.create_task(
            self.application({"type": "lifespan"}, self._messages.get, self._said), name="lifespan"
        )
        # What is there now stays: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER, 20, 100)

    async def _said(self, message: dict[str, str]) -> None:
        logger.debug("%s", message["type"])

    def _signalled(self) -> None:
        if self._leaving:
            os._exit(1)
        self._leaving = True
        reactor.stop()

    async def _leave(self) -> None:
        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening())
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
