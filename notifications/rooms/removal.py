"""What goes with a room that is deleted: its members are put out, and what was said in it leaves the log."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete

from hub import topics
from hub.log import LogAway
from hub.log.current import shared_log
from hub.rooms import registry
from notifications.models import Room

logger = logging.getLogger(__name__)


def connect_signals() -> None:
    post_delete.connect(_room_deleted, sender=Room, dispatch_uid="hub.room_removed")


def _room_deleted(sender: Any, instance: Room, **kwargs: Any) -> None:
    transaction.on_commit(partial(_remove, topics.room(instance.pk)), robust=True)


def _remove(topic: str) -> None:
    try:
        # First, so that nobody who is still in it says more.
        shared_log().append([registry.gone(topic)])
        shared_log().forget([topic])
    except LogAway:
        # Nobody can be let in again, and no room gets this topic: it expires unread.
        logger.info("the log is away: what was said in %s leaves it with its time to live", topic)
