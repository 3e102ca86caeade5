"""Events that keep a person's open pages in step with each other."""

from __future__ import annotations

import logging
from typing import Any

from hub import events, topics
from hub.log import LogAway
from hub.log.current import shared_log
from hub.support import transactions

logger = logging.getLogger(__name__)


def notify_after_commit(user_id: Any, type: str, data: Any) -> None:
    """Publish an event on the person's own topic once the current transaction commits."""
    transactions.after_commit(_publish, events.draft(topics.user(user_id), type, data))


def _publish(draft: events.Draft) -> None:
    try:
        shared_log().append([draft])
    except LogAway as error:
        # Every count is sent again when the log is back, and a page that reconnects loads afresh.
        logger.warning(
            "The log is unavailable: %s on %s was not published: %s", draft.type, draft.topic, error
        )
