"""The endpoint of documents: who may open one, the first messages, and when a connection has to leave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Self

from channels.layers import channel_layers
from django.conf import settings

from hub import topics
from hub.delivery.catch_up import CatchUp
from hub.delivery.endpoint import EndpointOptions
from hub.delivery.fanout import Fanout
from hub.delivery.limits import ConnectionLimits
from hub.errors import Problem
from hub.events import Event
from hub.log import Log
from hub.log.replay import Replay
from hub.ports import Application
from hub.rooms import kinds
from hub.rooms.documents import protocol
from hub.rooms.documents.connection import DocumentConnection
from hub.rooms.documents.dialect import closing
from hub.rooms.documents.document import Document
from hub.rooms.documents.frame_handler import DocumentFrames
from hub.rooms.documents.registry import DocumentRegistry
from hub.rooms.documents.saver import Saver
from hub.rooms.protocol import Close
from hub.rooms.rate_limiter import BURST_S, Rates
from hub.rooms.sockets.endpoint import Handle, SocketEndpoint
from hub.rooms.sockets.handshake import Handshake

logger = logging.getLogger(__name__)


class Documents(SocketEndpoint[DocumentConnection]):
    """The endpoint of documents. Its connections are those of rooms, with another dialect."""

    kind = "editor"

    def __init__(
        self,
        fanout: Fanout,
        limits: ConnectionLimits,
        options: EndpointOptions,
        *,
        replay: Replay,
        registry: DocumentRegistry,
        saver: Saver,
        application: Application,
        rates: Rates,
    ) -> None:
        super().__init__(fanout, limits, options, replay=replay, application=application, rates=rates)
        self._registry = registry
        self._frames = DocumentFrames(registry)
        self._saver = saver
        fanout.taps.append(self._tap)

    @classmethod
    def of_settings(
        cls,
        log: Log,
        fanout: Fanout,
        limits: ConnectionLimits,
        options: EndpointOptions,
        *,
        replay: Replay,
        application: Application,
    ) -> Self:
        """With what the settings say of documents."""
        layer = channel_layers.make_backend("hub")  # signals flush theirs at need
        max_bytes = settings.HUB_DOCUMENT_BYTES
        registry = DocumentRegistry(log, fanout, layer, application=application, max_bytes=max_bytes)
        rates = Rates(
            settings.HUB_DOCUMENT_UPDATES_PER_S,
            settings.HUB_ROOM_SIGNALS_PER_S,
            # An update of the largest size may come at once.
            max(settings.HUB_ROOM_BYTES_PER_S, 2 * protocol.MAX_MESSAGE_BYTES / BURST_S),
        )
        return cls(
            fanout,
            limits,
            # A whole document may wait for its reader, and a large update.
            replace(options, mailbox_bytes=options.mailbox_bytes + max_bytes + protocol.MAX_UPDATE_BYTES),
            replay=replay,
            registry=registry,
            saver=Saver(registry, log, application),
            application=application,
            rates=rates,
        )

    @property
    def documents(self) -> int:
        """How many are open here."""
        return len(self._registry.documents)

    async def run(self) -> None:
        loops = self._registry.signals.run(), self._saver.run(), self.limiters.run()
        await asyncio.gather(super().run(), *loops)

    async def drain(self, seconds: float) -> None:
        """As every endpoint; then what was appended here is saved."""
        await super().drain(seconds)
        try:
            await self._registry.flush()
            await self._saver.flush()
        except Exception as error:  # the log has it, and another instance saves it
            logger.warning("documents were not saved: %s: %s", type(error).__name__, error)

    def rejection(self, problem: Problem) -> bytes:
        return closing(*self.refusal(problem)).payload

    async def _authorize(self, handshake: Handshake) -> DocumentConnection:
        if handshake.problem is not None:
            raise handshake.problem
        entry = await self._application.enter(handshake.credentials, handshake.name)
        if not kinds.kind(entry.kind).document:
            raise Problem(
                400, f"{entry.room} is a room of kind {entry.kind}: enter it at /rooms/{entry.room}/."
            )
        return DocumentConnection(
            entry,
            self._registry.dialect,
            address=handshake.address,
            mailbox_bytes=self.options.mailbox_bytes,
            heartbeat_s=self.options.heartbeat_s,
        )

    def release(self, connection: DocumentConnection) -> None:
        super().release(connection)
        self._registry.leave(connection)

    async def bring_in(
        self, connection: DocumentConnection, after: int | None, write: Callable[[bytes], Awaitable[None]]
    ) -> Handle | None:
        try:
            document = await self._registry.enter(connection, write)
            vector = await document.vector()
            await CatchUp(
                self._fanout,
                self._replay,
                connection,
                after=document.position,
                resumed=False,
                opening=partial(_opening, document, vector),
                write=write,
            ).run()
        except Exception:
            logger.exception("%s could not open %s", connection.person.id, connection.topics)
            connection.close_with(Close.ERROR, "instance error")
            return None
        return None if connection.closed else partial(self._frames.handle, document, connection)

    def _tap(self, event: Event) -> None:
        if topics.is_room(event.topic):
            self._registry.receive(event)


def _opening(document: Document, vector: bytes, position: int, resumed: bool) -> bytes:
    """The client is asked for what the hub lacks, and told who is here."""
    here = protocol.encode_states(document.awareness.states())
    return protocol.step_1_frame(vector) + protocol.awareness_frame(here)
