"""Folds what was appended to documents into their rows, so that the log may lose it, and closes them.

An instance that is killed leaves updates in the log alone: any other finds them, whether the document is open
or not, long before the log forgets them.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time

from django.conf import settings

from hub.log import Log, LogAway
from hub.log.entries import UPDATE
from hub.ports import Application
from hub.rooms.documents import content, dialect
from hub.rooms.documents.document import Document
from hub.rooms.documents.protocol import NOTHING_NEW
from hub.rooms.documents.registry import DocumentRegistry
from hub.support.faults import malformed

LOOK_S = 0.5  # between looks for what is due
SCAN_S = 30.0  # between looks at the log for what a killed instance left
RETRY_S = 5.0  # after a row could not be written
KEEP_S = 60.0  # that a document nobody has open waits for its row: then the log alone has what is new
MAX_TOPICS_PER_READ = 100

logger = logging.getLogger(__name__)


class Saver:
    """Belongs to one event loop."""

    def __init__(self, registry: DocumentRegistry, log: Log, application: Application) -> None:
        self._registry = registry
        self._log = log
        self._application = application
        self._scan_s = min(SCAN_S, max(1.0, settings.HUB_LOG_TTL_S / 4))

    async def run(self) -> None:
        """Save until cancelled."""
        await asyncio.gather(self._save_when_due(), self._scan())

    async def flush(self) -> None:
        """Save everything now. Raises if the database is away."""
        for document in [*self._registry.documents.values()]:
            if document.save_at is not None:
                await self._save(document)

    async def _save_when_due(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for document in [*self._registry.documents.values()]:
                try:
                    await self._look_at(document)
                except Exception as error:
                    logger.warning(
                        "%s could not be saved: %s: %s", document.topic, type(error).__name__, error
                    )
                    document.save_at = time.monotonic() + RETRY_S * random.uniform(0.8, 1.2)  # noqa: S311

    async def _look_at(self, document: Document) -> None:
        now = time.monotonic()
        if document.save_at is not None and (not document.connections or document.save_at <= now):
            if not document.connections and now - document.unsaved_since > KEEP_S:
                document.save_at = None
            else:
                await self._save(document)
        self._registry.close_if_idle(document)

    async def _save(self, document: Document) -> None:
        appended_here, document.appended_here = document.appended_here, False
        document.save_at, position = None, document.position
        try:
            if not appended_here:
                found = await self._application.documents([document.topic])
                if found.get(document.topic, 0) >= position:
                    return
            snapshot = await document.fold()
            document.stored = await self._application.store_document(
                document.topic, snapshot, position, base=document.stored
            )
        except BaseException:
            document.appended_here |= appended_here
            raise

    async def _scan(self) -> None:
        while True:
            try:
                await self.scan()
            except LogAway as error:
                logger.info("documents could not be compared with the log: %s", error)
            except Exception as error:
                logger.warning("documents could not be scanned: %s: %s", type(error).__name__, error)
            await asyncio.sleep(self._scan_s * random.uniform(0.8, 1.2))  # noqa: S311

    async def scan(self) -> None:
        """Save documents that are not open here, of which the log has what their rows lack."""
        stored = await self._application.documents()
        topics = [*stored]
        for start in range(0, len(topics), MAX_TOPICS_PER_READ):
            names = topics[start : start + MAX_TOPICS_PER_READ]
            page = await self._log.read({topic: stored[topic] for topic in names}, 1)
            for topic in {event.topic for event in page.events} - self._registry.documents.keys():
                try:
                    await self._save_from_log(topic)
                except LogAway:
                    raise
                except Exception as error:
                    malformed.record("updates of a document", topic, error)

    async def _save_from_log(self, topic: str) -> None:
        snapshot, position = await self._application.document(topic)
        base, after, more = position, position, True
        found: list[bytes] = []
        while more:
            page = await self._log.read({topic: after})
            found += [dialect.update(event) for event in page.events if event.type == UPDATE]
            position = page.events[-1].position if page.events else position
            after, more = page.upto, page.more
        if found:
            folded = await content.in_thread(content.fold, snapshot or NOTHING_NEW, found)
            await self._application.store_document(topic, folded, position, base=base)
