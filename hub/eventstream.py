"""Adapters for django-eventstream: its `send_event()` appends live events to the log.

Its listener and its view are not used (see docs/architecture.md for what they cost); events are read at the
feed.
"""

from __future__ import annotations

import json
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django_eventstream import send_event
from django_eventstream.channelmanager import DefaultChannelManager
from django_eventstream.event import Event
from django_eventstream.storage import StorageBase

from hub import events, publication, topics
from hub.support import strict_json

MAX_DEPTH = 900  # levels of a JSON text; one with more is a text


async def asend_event(channel: str, event_type: str, data: Any, **options: Any) -> None:
    """django-eventstream's `send_event` for async code: it waits for the log in a thread."""
    await sync_to_async(send_event)(channel, event_type, data, **options)


class LogStorage(StorageBase):  # type: ignore[misc]  # the library is not typed
    """``EVENTSTREAM_STORAGE_CLASS``: a channel is a topic."""

    def append_event(self, channel: str, event_type: str, data: Any) -> Event:
        """Append to the topic of that name, now, or when the surrounding transaction commits.

        ``data`` is what `send_event` made of its argument: JSON text, or a string as it was. Raises
        `BadTopic`, `BadEvent`, `RateExceeded` and `LogAway`; after a commit the last two are only logged, so
        that other callbacks of the commit run.
        """
        for name, given in (("channel", channel), ("event type", event_type)):
            if not isinstance(given, str):
                raise topics.BadTopic(f"A {name} is a string, not {type(given).__name__}.")
        topic = topics.check(channel)
        if topics.is_hubs(topic) or topics.is_room(topic):
            raise topics.BadTopic(f"{channel!r} is the hub's own: choose another channel.")
        if event_type != "message":  # django-eventstream's default
            topics.check_type(event_type)
        position = publication.append(events.draft(topic, event_type, _parsed(data)))
        return Event(channel, event_type, data, id=position or 0)

    def get_events(self, channel: str, last_id: int, limit: int = 100) -> list[Event]:
        raise ImproperlyConfigured(
            "Events are read at /feed/: remove django-eventstream's view from the URLs."
        )

    def get_current_id(self, channel: str) -> int:
        raise ImproperlyConfigured(
            "Events are read at /feed/: remove django-eventstream's view from the URLs."
        )


class ChannelManager(DefaultChannelManager):  # type: ignore[misc]  # the library is not typed
    """``EVENTSTREAM_CHANNELMANAGER_CLASS``: no channel is readable by the library's own view."""

    def can_read_channel(self, user: Any, channel: str) -> bool:
        return False


def _parsed(data: Any) -> Any:
    try:
        found = json.loads(data)
    except (TypeError, ValueError, RecursionError):
        return data
    # Up to which depth it could be parsed depends on the Python.
    return data if strict_json.is_deeper(found, MAX_DEPTH) else found
