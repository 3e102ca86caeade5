"""Keeps the policies of an instance as the rows say."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from hub.policies.current import policies
from hub.support.threads import in_thread
from notifications.access.policies import rows

READ_AGAIN_S = 30.0  # should a change have gone unnoticed
DISCONNECTED_READ_AGAIN_S = 2.0  # while none arrive, and after a failure

logger = logging.getLogger(__name__)


class PolicyUpdates:
    """Reads the rows when they may have changed; ``changed`` says so, on any instance's behalf."""

    def __init__(self) -> None:
        self.connected = False  # whether changes arrive
        self._changes = 1
        self._read_up_to = 0
        self._changed = asyncio.Event()
        self._lock = asyncio.Lock()

    def changed(self) -> None:
        """The rows may have changed now."""
        self._changes += 1
        self._changed.set()

    async def current(self) -> None:
        """Return once policies are as they were at this moment, or newer."""
        while self._read_up_to < self._changes:
            async with self._lock:
                if self._read_up_to < self._changes:
                    await self._read()

    async def run(self) -> None:
        policies.notified = True
        try:
            while True:
                self._changed.clear()
                failed = False
                try:
                    async with self._lock:
                        await self._read()
                except Exception as error:
                    failed = True
                    logger.info("topic policies could not be read, trying again: %s", error)
                quick = failed or not self.connected
                with suppress(TimeoutError):
                    async with asyncio.timeout(DISCONNECTED_READ_AGAIN_S if quick else READ_AGAIN_S):
                        await self._changed.wait()
        finally:
            policies.notified = False

    async def _read(self) -> None:
        changes = self._changes
        policies.put_rows(await in_thread(rows.read))
        self._read_up_to = changes
