"""Deleting a room disconnects its people and removes its messages from the log."""

from __future__ import annotations

import logging
from typing import Any

from django.db.models.signals import post_delete

from hub import topics
from hub.log import LogAway
from hub.log.current import shared_log
from hub.rooms import registry
from hub.support import transactions
from notifications.models import Room

logger = logging.getLogger(__name__)


def connect_signals() -> None:
    """Do so when a room's row is deleted, in whatever way."""
    post_delete.connect(_room_deleted, sender=Room, dispatch_uid="hub.room_removed")


def _room_deleted(sender: Any, instance: Room, **kwargs: Any) -> None:
    transactions.after_commit(_remove, topics.room(instance.pk))


def _remove(topic: str) -> None:
    try:
        # First, so that no one who is still in it sends more.
        shared_log().append([registry.deletion(topic)])
        shared_log().forget([topic, topics.binary(topic)])
    except LogAway:
        # No one is admitted again, and no other room gets this topic: it expires unread.
        logger.info("the log is away: the messages of %s remain until they expire", topic)
