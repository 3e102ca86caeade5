"""django-eventstream's seams, filled by our log: its `send_event()` arrives like any live event.

Its own listener and view are not used (docs/architecture.md has what they cost); reading is the feed's.
"""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django_eventstream.channelmanager import DefaultChannelManager
from django_eventstream.event import Event
from django_eventstream.storage import StorageBase

from hub import events, topics
from hub.log import LogAway
from hub.log.current import shared_log

logger = logging.getLogger(__name__)


class LogStorage(StorageBase):  # type: ignore[misc]  # the library is not typed
    def append_event(self, channel: str, event_type: str, data: Any) -> Event:
        """Append to the topic of that name, now, or when the transaction around us commits.

        ``data`` is what `send_event` made of its argument: JSON text, or a string as it was given.
        Raises `BadTopic`, `BadEvent`, and `LogAway` when the log cannot be reached; after a commit that is
        only logged, for whatever else waits for the commit goes on.
        """
        for name, given in (("channel", channel), ("event type", event_type)):
            if not isinstance(given, str):
                raise topics.BadTopic(f"A {name} is text, not {type(given).__name__}: give its name.")
        topic = topics.check(channel)
        if topics.is_hubs(topic) or topics.is_room(topic):
            raise topics.BadTopic(f"{channel!r} is the hub's own: choose another channel.")
        if event_type != "message":  # django-eventstream's everyday type
            topics.check_type(event_type)
        draft = events.draft(topic, event_type, _parsed(data))
        if transaction.get_connection().in_atomic_block:
            # A rolled-back event must not be delivered; it has no id before that is decided.
            transaction.on_commit(partial(_append, draft), robust=True)
            return Event(channel, event_type, data, id=0)
        (position,) = shared_log().append([draft])
        return Event(channel, event_type, data, id=position)

    def get_events(self, channel: str, last_id: int, limit: int = 100) -> list[Event]:
        raise ImproperlyConfigured(
            "Events are read at /feed/: take django-eventstream's view out of the URLs."
        )

    def get_current_id(self, channel: str) -> int:
        raise ImproperlyConfigured(
            "Events are read at /feed/: take django-eventstream's view out of the URLs."
        )


class ChannelManager(DefaultChannelManager):  # type: ignore[misc]  # the library is not typed
    def can_read_channel(self, user: Any, channel: str) -> bool:
        return False


def _append(draft: events.Draft) -> None:
    try:
        shared_log().append([draft])
    except LogAway as error:
        logger.warning("the log is away, %s on %s is lost: %s", draft.type, draft.topic, error)


def _parsed(data: Any) -> Any:
    try:
        return json.loads(data)
    except (TypeError, ValueError, RecursionError):
        return data
