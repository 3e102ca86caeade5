"""Admission, the same at the feed endpoint and at the room endpoint."""

from __future__ import annotations

import asyncio
import random
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, Self, TypeVar

from django.conf import settings

from hub.delivery import connection_log
from hub.delivery.fanout import Fanout
from hub.delivery.limits import ConnectionLimits
from hub.delivery.open_connections import OpenConnections
from hub.delivery.subscriber import Subscriber
from hub.errors import Problem
from hub.log.replay import Replay
from hub.ports import Application
from hub.support import outages

ADMIT_S = 5.0  # a client whom the database keeps waiting longer is refused, to retry


@dataclass(frozen=True, slots=True)
class EndpointOptions:
    """``heartbeat_s`` and ``max_age_s`` are of a connection, ``mailbox_bytes`` what may wait for its reader;
    ``origins`` are allowed in addition to this host's own, ``hosts`` are the names served here."""

    heartbeat_s: float
    max_age_s: float
    mailbox_bytes: int
    origins: frozenset[str]
    hosts: tuple[str, ...]
    tls: bool = False  # nothing is served in clear

    @classmethod
    def of_settings(cls) -> Self:
        return cls(
            heartbeat_s=settings.HUB_HEARTBEAT_S,
            max_age_s=settings.HUB_MAX_AGE_S,
            mailbox_bytes=settings.HUB_MAILBOX_BYTES,
            origins=frozenset(settings.HUB_ALLOWED_ORIGINS),
            hosts=tuple(settings.ALLOWED_HOSTS),
            tls=settings.HUB_TLS,
        )


class Request(Protocol):
    """What admission needs of a request: the client's address."""

    address: str


R = TypeVar("R", bound=Request)
C = TypeVar("C", bound=Subscriber)


class Endpoint(ABC, Generic[R, C]):
    """Where clients open connections: admits them within the limits, keeps them alive, and drains them.

    A subclass authorizes a request, answers or refuses it, and feeds the connection. ``kind`` names it in the
    log and in lists of connections.
    """

    kind: ClassVar[str]

    def __init__(
        self,
        fanout: Fanout,
        limits: ConnectionLimits,
        options: EndpointOptions,
        *,
        replay: Replay,
        application: Application,
    ) -> None:
        self.connections = OpenConnections(options.heartbeat_s)
        self.draining = False
        self.closes: Counter[str] = Counter()  # by reason
        self._fanout = fanout
        self._limits = limits
        self._replay = replay
        self._application = application
        self.options = options
        fanout.on_state.append(self._announce)

    async def run(self) -> None:
        """Heartbeats and expiry, until cancelled."""
        await self.connections.run()

    async def drain(self, seconds: float) -> None:
        """Refuse new connections, and send the open ones elsewhere."""
        self.draining = True
        await self.connections.drain(seconds)

    async def admit(self, request: R) -> C:
        """An open connection, counted and held; `release` it in the end. Raises `Problem`, and nothing
        else."""
        if self.draining:
            raise Problem(503, "This instance is leaving: come back in a moment.", retry_after=1)
        try:
            with self._limits.opening(request.address):
                async with asyncio.timeout(ADMIT_S):
                    connection = await self._authorize(request)
                self._limits.enter(connection.person.id, self._live_topics(connection))
        except Problem:
            raise
        except Exception as error:
            raise outages.problem(error, f"admitting a {self.kind}") from error
        # Jittered, so that connections that were opened together do not end together.
        age = self.options.max_age_s * random.uniform(0.8, 1)  # noqa: S311
        connection.ends_at = min(time.time() + age, connection.person.expires_at or float("inf"))
        self.connections.add(connection)
        connection_log.log_opened(self.kind, connection)
        return connection

    @abstractmethod
    async def _authorize(self, request: R) -> C:
        """The connection that this request may have, not yet counted. Raises `Problem`."""

    def release(self, connection: C) -> None:
        """The connection is over, for whatever reason; called once for each that was admitted."""
        connection.close("gone")
        self.closes[connection.closed] += 1
        connection_log.log_closed(self.kind, connection, time.time())
        self.connections.remove(connection)
        self._limits.leave(connection.person.id, connection.address, self._live_topics(connection))
        self._fanout.leave(connection)

    def _live_topics(self, connection: C) -> int:
        """Topics of a connection that count against the user's limit of live topics."""
        return 0

    def _informed(self) -> Iterator[Subscriber]:
        """Who is told of the state of the log."""
        return iter(self.connections)

    def _announce(self, live: bool) -> None:
        """Report to every open connection that the log is received again, or no longer."""
        for connection in self._informed():
            if connection.live:
                dialect = connection.dialect
                connection.put(dialect.live if live else dialect.degraded)
