"""Updates of one document on their way into the log."""

from __future__ import annotations

import asyncio
import logging

from hub.log import Log, LogAway
from hub.rooms.documents import content
from hub.rooms.documents.connection import DocumentConnection
from hub.rooms.documents.dialect import draft
from hub.rooms.documents.document import Document
from hub.rooms.documents.protocol import NOTHING_NEW, Update
from hub.rooms.protocol import Close, Malformed

APPEND_BATCH_SIZE = 100  # updates per append …
MAX_APPEND_BYTES = 1024 * 1024  # … and bytes of them, unless a single one has more
CHECKED_HERE_BYTES = 4096  # a longer update is checked in a thread
AWAY = "The log is away: come back, and sync."

logger = logging.getLogger(__name__)

Queued = tuple[DocumentConnection | None, Update]


class UpdateQueue:
    """Appends updates in the order in which they arrived here; the fan-out brings them back to everyone.

    Where one is not appended its connection is closed: the provider comes back, and sends what the hub lacks.
    """

    def __init__(self, document: Document, log: Log, *, max_bytes: int) -> None:
        self._document = document
        self._log = log
        self._max_bytes = max_bytes
        self._queue: list[Queued] = []
        self._appending: asyncio.Task[None] | None = None

    def put(self, connection: DocumentConnection | None, update: Update) -> None:
        """Queue an update of a connection, or of the hub's own."""
        self._queue.append((connection, update))
        if self._appending is None:
            self._appending = asyncio.create_task(self._append())

    @property
    def idle(self) -> bool:
        return self._appending is None

    async def flush(self) -> None:
        """Return once everything that is queued now is appended or refused."""
        if self._appending is not None:
            await asyncio.wait([self._appending])

    async def _append(self) -> None:
        while self._queue:
            batch = self._next_batch()
            try:
                await self._append_batch(batch)
            except LogAway:
                _close(batch, Close.RETIRE, AWAY)
            except Exception:
                logger.exception("updates of %s could not be appended", self._document.name)
                _close(batch, Close.ERROR, "instance error")
        self._appending = None

    def _next_batch(self) -> list[Queued]:
        size = number = 0
        for _, update in self._queue[:APPEND_BATCH_SIZE]:
            size += len(update.update)
            if number and size > MAX_APPEND_BYTES:
                break
            number += 1
        batch, self._queue = self._queue[:number], self._queue[number:]
        return batch

    async def _append_batch(self, batch: list[Queued]) -> None:
        accepted: list[bytes] = []
        for connection, update in batch:
            try:
                accepted.append(await self._checked(update))
            except Malformed as bad:
                _close([(connection, update)], Close.MALFORMED, str(bad))
        accepted = [update for update in accepted if update != NOTHING_NEW]
        if not accepted:
            return
        size = sum(map(len, accepted))
        if self._document.size + size > self._max_bytes:
            await self._document.fold()
        if self._document.size + size > self._max_bytes:
            detail = f"A document takes at most {self._max_bytes} bytes: this one is full."
            return _close(batch, Close.TOO_BIG, detail)
        await self._log.append_if([draft(self._document.topic, update) for update in accepted])
        self._document.changed(here=True)

    async def _checked(self, update: Update) -> bytes:
        """What is appended of an update. Raises `Malformed`."""
        if update.answers:  # most bring nothing new: a client that comes back tells again what is deleted
            return await self._document.addition(update.update)
        if len(update.update) > CHECKED_HERE_BYTES:
            await content.in_thread(content.checked, update.update)
        else:
            content.checked(update.update)
        return update.update


def _close(batch: list[Queued], code: Close, detail: str) -> None:
    for connection, _ in batch:
        if connection is not None:
            connection.close_with(code, detail)
