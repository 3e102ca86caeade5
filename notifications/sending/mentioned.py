"""The notification of those whom a message in a room mentions."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from notifications.models import Notification, Room, RoomMessage
from notifications.sending.notify import notify
from notifications.user_model import User

CATEGORY = "mention"


def notify_mentioned(people: Sequence[User], message: RoomMessage, room: Room) -> list[Notification]:
    """Without the text, which may be edited and removed. Raises as `notify` does."""
    link = f"{reverse('notifications:room', args=[room.name])}#message-{message.position}"
    to = [f"user:{person.get_username()}" for person in people]
    return notify(to, f"{message.name} mentioned you in {room.name}", url=link, category=CATEGORY)
