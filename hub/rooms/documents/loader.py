"""Reads a document: its row, and what the log has after it."""

from __future__ import annotations

import asyncio

from hub.log import Log, Page
from hub.log.entries import UPDATE
from hub.ports import Application
from hub.rooms.documents import dialect
from hub.rooms.documents.document import Document

WAIT_S, MAX_WAITS = 0.5, 20  # for a row that another instance is about to store


class Loader:
    """Belongs to one event loop."""

    def __init__(self, log: Log, application: Application) -> None:
        self._log = log
        self._application = application

    async def load(self, document: Document) -> bool:
        """Add what is stored and appended of it, and set up to which position that is; whether the log has
        what the row lacks. Raises `LogAway`."""
        if not document.position:
            await self._read_row(document)
        after, more, newer, waits = document.position, True, False, 0
        while more:
            page = await self._log.read({document.topic: after})
            if page.gaps and after and await self._read_what_is_gone(document, page, waits):
                waits += 1
                after = document.position
                continue
            for event in page.events:
                if event.type == UPDATE:
                    document.add(dialect.update(event))
                    newer = True
            after, more = page.upto, page.more
        document.position = after
        return newer

    async def _read_what_is_gone(self, document: Document, page: Page, waits: int) -> bool:
        """Read the row again, as the log has dropped updates; whether to go on from there. An instance that
        received them is about to store them, unless the log as a whole was lost."""
        before = document.position
        await self._read_row(document)
        if document.position > before:
            return True
        if page.birth > before or waits >= MAX_WAITS:
            return False
        await asyncio.sleep(WAIT_S)
        return True

    async def _read_row(self, document: Document) -> None:
        snapshot, position = await self._application.document(document.topic)
        if snapshot:
            document.add(snapshot)
        document.position = document.stored = max(document.position, position)
        self._log.seen(position)
