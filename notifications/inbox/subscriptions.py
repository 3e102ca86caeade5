"""Topics that people follow: what is sent to `topic:…` is in the inbox of those who follow it."""

from __future__ import annotations

from hub import topics
from notifications.models import Subscription
from notifications.user_model import User


def subscribe(user: User, topic: str) -> None:
    """Have a user follow a live topic, from now on, whether or not they may read it else; nothing changes
    if they do. Raises `BadTopic`."""
    Subscription.objects.update_or_create(
        user=user, topic=topics.check_live(topic), defaults={"chosen": False}
    )


def unsubscribe(user: User, topic: str) -> None:
    """Have a user follow a topic no more; nothing changes if they do not."""
    for row in Subscription.objects.filter(user=user, topic=topic):
        row.delete()
