"""Messages that the log dropped before they were rows: members who return to before them are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from django.core.management import call_command

from hub import topics
from hub.events import Draft
from hub.log.memory import MemoryLog
from hub.log.replay import Replay
from hub.rooms import protocol
from hub.support.threads import in_thread
from notifications import application
from notifications.application import Notifications
from notifications.models import HistoryMark, Room, RoomMessage
from notifications.rooms.history import HistoryCopier
from tests.unit.hub.log.silent_receiver import SilentReceiver

pytestmark = pytest.mark.django_db(transaction=True)

MAX_EVENTS = 20
LOBBY, OTHER = topics.room(1), topics.room(2)


@pytest.fixture
async def log(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MemoryLog]:
    """One that remembers a few events a topic."""
    log = MemoryLog(MAX_EVENTS, 3600)
    monkeypatch.setattr(application, "shared_log", lambda: log)
    listening = asyncio.create_task(log.listen(SilentReceiver()))
    await asyncio.sleep(0)
    yield log
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


@pytest.fixture(autouse=True)
def rooms() -> None:
    Room.objects.create(pk=1, name="lobby")
    Room.objects.create(pk=2, name="other")


def say(log: MemoryLog, times: int = 1, topic: str = LOBBY) -> list[int]:
    body = protocol.message_body({"id": "7", "name": "ann"}, "c1", "hello", "2026-01-31T09:00:00.125Z")
    return [log.append([Draft(topic, "said", body)])[0] for _ in range(times)]


async def copy(copier: HistoryCopier, *names: str) -> None:
    for topic in names or (LOBBY,):
        copier.message_appended(topic)
    await copier.flush()


async def returns(log: MemoryLog, after: int, topic: str = LOBBY) -> tuple[list[int], list[str]]:
    """What a member who returns to an instance that has just started is sent, and told to be incomplete."""
    stretches = [stretch async for stretch in Replay(log, Notifications()).of([topic], after)]
    positions = [event.position for stretch in stretches for event in stretch.events]
    return positions, [topic for stretch in stretches for topic in stretch.lost]


async def test_a_member_who_returns_before_anyone_has_copied_is_told(log: MemoryLog) -> None:
    copier = HistoryCopier(log)
    (last,) = say(log)
    await copy(copier)
    positions = say(log, MAX_EVENTS + 5)

    sent, lost = await returns(log, last)

    assert lost == [LOBBY]
    assert sent == positions[-MAX_EVENTS:]


async def test_a_member_who_returns_long_after_is_told(log: MemoryLog) -> None:
    copier = HistoryCopier(log)
    (last,) = say(log)
    await copy(copier)
    say(log, MAX_EVENTS + 5)
    await copy(copier)
    for _ in range(3):
        say(log, MAX_EVENTS)
        await copy(copier)

    sent, lost = await returns(log, last)

    assert lost == [LOBBY]
    assert len(sent) == 4 * MAX_EVENTS


async def test_a_member_who_returns_to_after_them_is_sent_all_of_it(log: MemoryLog) -> None:
    copier = HistoryCopier(log)
    say(log)
    await copy(copier)
    positions = say(log, MAX_EVENTS + 5)
    await copy(copier)
    later = say(log, MAX_EVENTS)
    await copy(copier)

    sent, lost = await returns(log, positions[5])

    assert lost == []
    assert sent == [*positions[6:], *later]


async def test_the_member_of_another_room_is_told_nothing(log: MemoryLog) -> None:
    copier = HistoryCopier(log)
    say(log)
    (other,) = say(log, topic=OTHER)
    await copy(copier, LOBBY, OTHER)
    say(log, MAX_EVENTS + 5)
    await copy(copier)
    for _ in range(2):
        say(log, MAX_EVENTS, OTHER)
        await copy(copier, OTHER)

    sent, lost = await returns(log, other, OTHER)

    assert lost == []
    assert len(sent) == 2 * MAX_EVENTS


async def test_what_another_instance_copied_is_not_lost(log: MemoryLog) -> None:
    idle, busy = HistoryCopier(log), HistoryCopier(log)
    (last,) = say(log)
    await copy(idle)
    for _ in range(3):
        say(log, MAX_EVENTS)
        await copy(busy)

    say(log)
    await copy(idle)

    sent, lost = await returns(log, last)
    assert lost == []
    assert len(sent) == 3 * MAX_EVENTS + 1


async def test_of_two_instances_that_copy_at_once_each_records_it(log: MemoryLog) -> None:
    copiers = [HistoryCopier(log) for _ in range(2)]
    (last,) = say(log)
    for copier in copiers:
        await copy(copier)
    say(log, MAX_EVENTS + 5)

    await asyncio.gather(*(copy(copier) for copier in copiers))

    _, lost = await returns(log, last)
    assert lost == [LOBBY]
    assert await in_thread(RoomMessage.objects.count) == 1 + MAX_EVENTS


async def test_messages_that_expired_before_they_were_copied_are_lost(
    log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    copier = HistoryCopier(log)
    (last,) = say(log)
    await copy(copier)
    say(log, 3)
    pass_time(log, monkeypatch, 7200)
    await copy(copier)
    say(log)
    await copy(copier)

    sent, lost = await returns(log, last)

    assert lost == [LOBBY]
    assert len(sent) == 1


async def test_messages_that_expired_before_an_instance_started_are_lost(
    log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    (last,) = say(log)
    await copy_all(HistoryCopier(log))
    say(log, 3)
    pass_time(log, monkeypatch, 7200)

    sent, lost = await returns(log, last)

    assert lost == [LOBBY]
    assert sent == []


async def test_of_a_room_that_was_silent_for_long_none_are_lost(
    log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    (last,) = say(log)
    copier = HistoryCopier(log)
    for _ in range(4):
        await copy_all(copier)
        pass_time(log, monkeypatch, 1800)

    sent, lost = await returns(log, last)

    assert lost == []
    assert sent == []


async def test_a_room_that_is_made_later_is_copied_whole(log: MemoryLog) -> None:
    await copy_all(HistoryCopier(log))
    await in_thread(Room.objects.create, pk=3, name="later")
    start = log.head()
    positions = say(log, 3, topics.room(3))

    sent, lost = await returns(log, start, topics.room(3))

    assert lost == []
    assert sent == positions


async def test_nothing_is_called_copied_before_every_room_is(log: MemoryLog) -> None:
    copier = HistoryCopier(log)
    say(log)
    await copy(copier)

    await copier.scan()

    assert await in_thread(HistoryMark.objects.count) == 0


async def test_a_later_mark_stays(log: MemoryLog) -> None:
    behind, ahead = HistoryCopier(log), HistoryCopier(log)
    await copy_all(behind)
    say(log)
    await copy_all(ahead)
    mark = await in_thread(HistoryMark.objects.get)

    await behind.scan()

    assert (await in_thread(HistoryMark.objects.get)).position == mark.position


async def copy_all(copier: HistoryCopier) -> None:
    """As an instance does by itself, in a minute."""
    await copier.scan()
    await copier.flush()
    await copier.scan()


def pass_time(log: MemoryLog, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    clock = log._clock
    monkeypatch.setattr(log, "_clock", lambda: clock() + seconds)


def test_the_migration_goes_back_and_forward() -> None:
    try:
        call_command("migrate", "hub_notifications", "0018", verbosity=0)
    finally:
        call_command("migrate", "hub_notifications", verbosity=0)

    assert Room.objects.get(pk=1).lost_upto == 0
