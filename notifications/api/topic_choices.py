"""The topics that a user follows or mutes."""

from __future__ import annotations

from typing import Any

from notifications.api.auth import ReaderRequest
from notifications.api.requests import LiveTopic, Topic
from notifications.api.responses import PreferencesAnswer
from notifications.api.router import router
from notifications.inbox import topic_choices

TAGS = ["Preferences"]


@router.put("topics/{topic}/subscription", tags=TAGS, response=PreferencesAnswer)
def follow_topic(request: ReaderRequest, topic: LiveTopic) -> Any:
    """Follow a live topic that this user may read: what is sent to it is in their inbox from now on."""
    return topic_choices.follow(request.auth, topic)


@router.delete("topics/{topic}/subscription", tags=TAGS, response=PreferencesAnswer)
def unfollow_topic(request: ReaderRequest, topic: LiveTopic) -> Any:
    """Follow a live topic no more: what is sent to it is not in this user's inbox from now on."""
    return topic_choices.unfollow(request.auth, topic)


@router.put("topics/{topic}/mute", tags=TAGS, response=PreferencesAnswer)
def mute_topic(request: ReaderRequest, topic: Topic) -> Any:
    """Leave what is sent to a topic out of lists, counts and toasts, until it is unmuted.

    A topic of the inbox but for the user's own, or a live topic that they may read. What is of a mandatory
    category still comes. Events of live topics are no notifications: a feed that names one receives them.
    """
    return topic_choices.mute(request.auth, topic)


@router.delete("topics/{topic}/mute", tags=TAGS, response=PreferencesAnswer)
def unmute_topic(request: ReaderRequest, topic: Topic) -> Any:
    """Have what is sent to a topic listed, counted and shown again."""
    return topic_choices.unmute(request.auth, topic)
