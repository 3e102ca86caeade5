"""What a person did on one screen, told to the others."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from django.db import transaction

from hub import events, topics
from hub.log import LogAway
from hub.log.current import shared_log

logger = logging.getLogger(__name__)


def tell_after_commit(user_id: Any, type: str, data: Any) -> None:
    """An event on the person's own topic, once the transaction around us commits."""
    transaction.on_commit(partial(_tell, events.draft(topics.user(user_id), type, data)), robust=True)


def _tell(draft: events.Draft) -> None:
    try:
        shared_log().append([draft])
    except LogAway as error:
        # Every count is sent again when the log is back, and whoever returns asks anew.
        logger.warning("the log is away, %s on %s is not told: %s", draft.type, draft.topic, error)
