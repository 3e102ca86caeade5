"""The highest position of the rows: of notifications and of rooms' messages."""

from __future__ import annotations

import pytest
from django.utils import timezone

from notifications import recovery
from notifications.models import Notification, Room, RoomMessage

pytestmark = pytest.mark.django_db(transaction=True)


async def test_without_rows_none_is_known() -> None:
    assert await recovery.highest_position() == 0


async def test_it_is_that_of_a_notification_that_was_published() -> None:
    for position in (5, 9, 7, 0, None):
        await Notification.objects.acreate(topic="everyone", title="n", position=position)

    assert await recovery.highest_position() == 9


async def test_it_may_be_that_of_a_message_of_a_room() -> None:
    await Notification.objects.acreate(topic="everyone", title="n", position=9)
    room = await Room.objects.acreate(name="hall", kind="chat")
    await RoomMessage.objects.acreate(
        room=room, position=12, sender="7", name="Ann", message_id="c1", body="hello", at=timezone.now()
    )

    assert await recovery.highest_position() == 12
