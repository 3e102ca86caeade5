"""Daphne, started by us, with what it lacks.

- *Lifespan* (ASGI): the background loops start and stop with the server.
- *Giving connections away* (``hub.take``): a live feed's socket leaves Twisted for `hub.wires`. Daphne's
  ``send()`` costs 200 times a bare ``send``, and never waits for a slow reader.
- *A queue that fits*: 50 handshakes, Daphne's choice, throttle a storm of reconnects.
- *A soft stop*: the application is asked to end before its coroutines are cancelled.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

# Daphne installs Twisted's asyncio reactor on import, so it comes before anything of Twisted.
from daphne.server import Server as Daphne
from daphne.server import twisted_loop

from twisted.internet import abstract, defer, reactor, tcp  # isort: skip

from hub.wires import Wire, Wires

BACKLOG = 2048  # handshakes the kernel may queue

_TRANSPORT: Any = abstract.FileDescriptor

logger = logging.getLogger(__name__)


class Server(Daphne):  # type: ignore[misc]  # daphne is not typed
    def __init__(self, application: Any, host: str, port: int) -> None:
        interface = host.replace(":", "\\:")
        super().__init__(
            application,
            endpoints=[f"tcp:port={port}:interface={interface}:backlog={BACKLOG}"],
            server_name="hub",
        )
        self._messages: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._wires: Wires | None = None

    def run(self) -> None:
        reactor.callWhenRunning(self._start)
        super().run()

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        address = port.getHost()
        print(f"hub: http://{address.host}:{address.port}/", flush=True)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        transport = getattr(protocol, "transport", None)
        if scope["type"] == "http" and scope["http_version"] == "1.1" and type(transport) is tcp.Server:
            scope["extensions"] = {"hub.take": partial(self._take, protocol)}
        return super().create_application(protocol, scope)

    def kill_all_applications(self) -> Any:
        """Called by the reactor before it ends, which waits for what we give."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._leave(), loop=twisted_loop))

    def _take(self, request: Any, limit: int, closed: Callable[[], None]) -> Wire | None:
        """Part a response that has begun from Daphne and Twisted; None if its client has left.

        Twisted knows no way to give a socket up, so this does what its `Connection.connectionLost`
        does, without closing. What Twisted still had to write goes along.
        """
        transport, channel = request.transport, request.channel
        if request.finished or channel is None or transport.disconnected or transport.disconnecting:
            return None
        waiting = bytes(transport.dataBuffer[transport.offset :]) + b"".join(transport._tempDataBuffer)
        taken = transport.socket
        channel.setTimeout(None)
        transport.unregisterProducer()
        _TRANSPORT.connectionLost(transport, None)
        del transport.socket, transport.fileno, transport.protocol
        # What refers to each other in a circle would wait for the garbage collector.
        channel.requests.clear()
        channel.transport = channel._networkProducer = request.channel = request.transport = None
        del self.connections[request]
        if self._wires is None:
            self._wires = Wires()
        return self._wires.take(taken, waiting, limit, closed)

    def _start(self) -> None:
        self._messages.put_nowait({"type": "lifespan.startup"})
        self._lifespan = twisted_loop.create_task(
            self.application({"type": "lifespan"}, self._messages.get, self._said), name="lifespan"
        )
        # What is there now stays: the collector need not look at it again for every connection made.
        gc.collect()
        gc.freeze()

    async def _said(self, message: dict[str, str]) -> None:
        logger.debug("%s", message["type"])

    async def _leave(self) -> None:
        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening())
        self._messages.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.wait([self._lifespan])
        running = [
            instance
            for details in self.connections.values()
            if (instance := details.get("application_instance")) is not None and not instance.done()
        ]
        for instance in running:
            instance.cancel()
        await asyncio.gather(*running, return_exceptions=True)
