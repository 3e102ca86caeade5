"""Where WebSockets of people arrive, for rooms and for documents alike: handshake, refusals, rates."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from hub.delivery.endpoint import Endpoint, EndpointOptions
from hub.delivery.fanout import Fanout
from hub.delivery.limits import ConnectionLimits
from hub.errors import Problem
from hub.log.replay import Replay
from hub.ports import Application
from hub.rooms import protocol
from hub.rooms.frame_connection import FrameConnection
from hub.rooms.protocol import Close
from hub.rooms.rate_limiter import RateLimiters, Rates
from hub.rooms.sockets.handshake import Handshake
from hub.support import origins, ws_frames
from hub.support.asgi import Scope

# Handles messages that arrived on a connection: payloads, and whether each is text.
Handle = Callable[[Iterable[tuple[bytes, bool]]], None]

C = TypeVar("C", bound=FrameConnection)


class SocketEndpoint(Endpoint[Handshake, C]):
    """`hub.rooms.transports.application` makes an ASGI application of it."""

    def __init__(
        self,
        fanout: Fanout,
        limits: ConnectionLimits,
        options: EndpointOptions,
        *,
        replay: Replay,
        application: Application,
        rates: Rates,
    ) -> None:
        super().__init__(fanout, limits, options, replay=replay, application=application)
        self.limiters = RateLimiters(rates)

    def handshake(self, scope: Scope) -> Handshake:
        """Raises a `Problem` to be answered as HTTP."""
        try:
            return Handshake(scope, self.options)
        except Problem as problem:
            origins.report_refused(self._application, problem, scope)
            raise

    def refusal(self, problem: Problem) -> tuple[Close, str]:
        """Close code and reason for what `admit` raised: sent on the open socket, because a browser cannot
        read the status of a refused handshake."""
        return Close.RETIRE if self.draining else protocol.close_code(problem.status), problem.detail

    def rejection(self, problem: Problem) -> bytes:
        """The frames by which a client is told."""
        return ws_frames.closing(*self.refusal(problem))

    async def admit(self, handshake: Handshake) -> C:
        connection = await super().admit(handshake)
        connection.limiter = self.limiters.enter(connection.person.id)
        return connection

    def release(self, connection: C) -> None:
        super().release(connection)
        self.limiters.leave(connection.person.id)

    @abstractmethod
    async def bring_in(
        self, connection: C, after: int | None, write: Callable[[bytes], Awaitable[None]]
    ) -> Handle | None:
        """Replay what the connection missed through ``write``, and make it live; None if it was closed."""
