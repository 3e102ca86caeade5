"""Daphne, started by us, with what it lacks: the lifespan protocol, a queue that fits, a soft stop."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

# Daphne installs Twisted's asyncio reactor on import, so it comes before anything of Twisted.
from daphne.server import Server as Daphne
from daphne.server import twisted_loop

from twisted.internet import defer, reactor  # isort: skip

BACKLOG = 2048  # handshakes the kernel may queue; Daphne's 50 throttles a reconnect storm

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

    def run(self) -> None:
        reactor.callWhenRunning(self._start)
        super().run()

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        address = port.getHost()
        print(f"hub: http://{address.host}:{address.port}/", flush=True)

    def kill_all_applications(self) -> Any:
        """Called by the reactor before it ends, which waits for what we give."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._leave(), loop=twisted_loop))

    def _start(self) -> None:
        self._messages.put_nowait({"type": "lifespan.startup"})
        self._lifespan = twisted_loop.create_task(
            self.application({"type": "lifespan"}, self._messages.get, self._said), name="lifespan"
        )

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
