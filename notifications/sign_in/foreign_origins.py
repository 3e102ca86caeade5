"""Other sites that knock at a feed or a room: noted for the audit log, off the loop."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from hub.support.threads import in_thread
from notifications.access import audit
from notifications.models import UNSAYABLE, AuditEntry

logger = logging.getLogger(__name__)
_noting: set[asyncio.Task[None]] = set()  # held, or they would be thrown away half done


def refused(origin: str, path: str, address: str) -> None:
    """What was refused for its origin; of a flood the beginning."""
    more = audit.sampled("refused-origin", address)
    if more is None:
        return
    target = UNSAYABLE.sub("", origin[:200])
    note = partial(audit.note, "refused-origin", target, address=address, path=path[:200], **more)
    task = asyncio.create_task(_note(note))
    _noting.add(task)
    task.add_done_callback(_noting.discard)


async def _note(note: partial[AuditEntry]) -> None:
    try:
        await in_thread(note)
    except Exception as error:
        logger.warning("a refused origin was not noted: %s", error)
