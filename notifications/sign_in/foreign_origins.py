"""Records feeds and rooms that were refused for their origin in the audit log, off the event loop."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from hub.support.threads import in_thread
from notifications.access import audit
from notifications.models import UNSAYABLE, AuditEntry

logger = logging.getLogger(__name__)
_tasks: set[asyncio.Task[None]] = set()  # the event loop itself keeps weak references only


def refused(origin: str, path: str, address: str) -> None:
    """Record a refused origin; of a flood only the beginning."""
    more = audit.sampled("refused-origin", address)
    if more is None:
        return
    target = UNSAYABLE.sub("", origin[:200])
    note = partial(audit.note, "refused-origin", target, address=address, path=path[:200], **more)
    task = asyncio.create_task(_note(note))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _note(note: partial[AuditEntry]) -> None:
    try:
        await in_thread(note)
    except Exception as error:
        logger.warning("a refused origin was not recorded: %s", error)
