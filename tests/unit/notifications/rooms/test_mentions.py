"""``@name`` in a chat notifies who may enter the room, once."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from hub import topics
from hub.log.memory import MemoryLog
from hub.support.threads import in_thread
from notifications.models import Notification, Room
from notifications.rooms.history import HistoryCopier
from notifications.rooms.mentions import names
from notifications.sending.mentioned import notify_mentioned
from tests.unit.notifications.rooms.test_changed_rows import change, say
from tests.unit.notifications.rooms.test_history import log

__all__ = ["log"]

pytestmark = pytest.mark.django_db(transaction=True)

ROOM = topics.room(1)


@pytest.fixture(autouse=True)
def people() -> None:
    """The room's Ann, who speaks; Bob and Eve, who may enter; Dan, who may not."""
    room = Room.objects.create(pk=1, name="lobby", audience="people")
    for pk, name in ((7, "ann"), (8, "bob"), (9, "eve"), (10, "dan")):
        User.objects.create(pk=pk, username=name)
    room.people.set([7, 8, 9])


@pytest.fixture
async def copier(log: MemoryLog) -> HistoryCopier:
    return HistoryCopier(log, notify=notify_mentioned)


async def notified() -> list[tuple[str, str, str]]:
    fields = ("topic", "title", "category")
    return await in_thread(lambda: list(Notification.objects.order_by("pk").values_list(*fields)))


async def mentions(log: MemoryLog, copier: HistoryCopier, *texts: Any) -> list[str]:
    for text in texts:
        say(log, text)
    await copier.copy([ROOM])
    return [topic for topic, _, _ in await notified()]


async def test_a_mention_is_a_notification_with_a_link_to_the_message(
    log: MemoryLog, copier: HistoryCopier
) -> None:
    position = say(log, "what do you say, @bob?")

    await copier.copy([ROOM])

    assert await notified() == [("user-8", "ann mentioned you in lobby", "mention")]
    assert (await in_thread(Notification.objects.get)).url == f"/rooms/lobby/#message-{position}"


@pytest.mark.parametrize(
    "text", ["@ann, myself", "@dan", "@nobody", "bob@eve.example", "@", "@@", "a @bobby"]
)
async def test_some_are_not_notified(log: MemoryLog, copier: HistoryCopier, text: str) -> None:
    assert await mentions(log, copier, text) == []


@pytest.mark.parametrize(
    "text", ["@bob", "@Bob.", "hi @bob, @bob and @BOB!", "(@bob)", {"text": "@bob", "reply_to": "1"}]
)
async def test_however_it_is_written_it_is_one(log: MemoryLog, copier: HistoryCopier, text: Any) -> None:
    assert await mentions(log, copier, text) == ["user-8"]


async def test_an_edit_notifies_those_whom_it_adds(log: MemoryLog, copier: HistoryCopier) -> None:
    of = say(log, "@bob")
    await copier.copy([ROOM])

    for text in ("@bob and @eve", "@eve", "@bob, @eve and more"):
        change(log, "edit", of, text)
        await copier.copy([ROOM])

    assert [topic for topic, _, _ in await notified()] == ["user-8", "user-9"]


async def test_race_however_many_copy_a_message_it_notifies_once(
    log: MemoryLog, copier: HistoryCopier
) -> None:
    other = HistoryCopier(log, notify=notify_mentioned)
    of = say(log, "@bob")
    change(log, "react", of, "👍")

    await copier.copy([ROOM])
    await other.copy([ROOM])

    assert len(await notified()) == 1


async def test_a_mention_that_cannot_be_sent_costs_no_message(log: MemoryLog) -> None:
    def fail(*given: Any) -> None:
        raise ValueError("no")

    copier = HistoryCopier(log, notify=fail)

    assert await mentions(log, copier, "@bob", "after") == []
    assert copier._ends[ROOM]


def test_of_a_text_full_of_names_some_are_looked_up() -> None:
    assert len(names(" ".join(f"@n{number}" for number in range(1000)))) == 200
