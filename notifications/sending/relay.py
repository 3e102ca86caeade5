"""The relay, one per instance: publishes what is due, and what the process of a sender could not publish."""

from __future__ import annotations

import asyncio
import logging
import random

from hub.log import LogAway
from hub.support.threads import in_thread
from notifications.sending import outbox, replacement

PERIOD_S = 1.0

logger = logging.getLogger(__name__)


async def run() -> None:
    """Relay until cancelled."""
    while True:
        try:
            await in_thread(replacement.replace_due)
            published = await in_thread(outbox.relay_once)
        except LogAway:
            published = 0
        except Exception:
            logger.exception("the relay failed, trying again")
            published = 0
        if published < outbox.BATCH_SIZE:
            await asyncio.sleep(PERIOD_S * random.uniform(0.7, 1.3))  # noqa: S311
