"""Keeps the log's positions above those of the application's rows.

Redis may come back with data that are older than the rows, and an instance that has just started has seen
neither. Positions of rows above the head of the log then make it begin anew: what they stand for is a gap.
"""

from __future__ import annotations

import asyncio
import logging
import random

from hub.delivery.fanout import Fanout
from hub.log import Log
from hub.ports import Application

RETRY_S = 1.0

logger = logging.getLogger(__name__)


class Floor:
    """Asks the application at the start, and whenever the log is received again; made by `hub.asgi.Hub`."""

    def __init__(self, log: Log, fanout: Fanout, application: Application) -> None:
        self._log = log
        self._application = application
        self._due = asyncio.Event()
        self._due.set()
        fanout.on_state.append(self._received)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                position = await self._application.highest_position()
            except Exception as error:
                logger.info("the highest position of the rows is asked for again: %s", type(error).__name__)
                self._due.set()
                await asyncio.sleep(RETRY_S * random.uniform(0.5, 1.5))  # noqa: S311
            else:
                self._log.seen(position)

    def _received(self, live: bool) -> None:
        if live:
            self._due.set()
