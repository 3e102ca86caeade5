"""What is said in rooms that are kept becomes rows, whatever happens to the database or the instance."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from hub import topics
from hub.events import Draft
from hub.log.memory import MemoryLog
from hub.log.replay import Replay
from hub.rooms import protocol
from hub.rooms.dialect import ROOM_DIALECT
from hub.support.faults import malformed
from hub.support.threads import in_thread
from notifications import recovery
from notifications.application import Notifications
from notifications.models import Room, RoomMessage
from notifications.rooms import history
from notifications.rooms.history import HistoryCopier
from tests.unit.hub.log.silent_receiver import SilentReceiver

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE_S = 10
LOBBY, AUCTION, BOARD, NOWHERE = (topics.room(id) for id in (1, 2, 3, 4))


@pytest.fixture
async def log() -> AsyncIterator[MemoryLog]:
    """One that remembers twenty events a topic, more than a wide page has of each."""
    log = MemoryLog(20, 3600)
    listening = asyncio.create_task(log.listen(SilentReceiver()))
    await asyncio.sleep(0)
    yield log
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


@pytest.fixture
async def run() -> AsyncIterator[Callable[[HistoryCopier], None]]:
    running: list[asyncio.Task[None]] = []
    yield lambda copier: running.append(asyncio.create_task(copier.run()))
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


@pytest.fixture(autouse=True)
def rooms() -> None:
    Room.objects.create(pk=1, name="lobby")
    Room.objects.create(pk=2, name="auction", kind="auction")
    Room.objects.create(pk=3, name="board", kind="board")


def say(log: MemoryLog, body: Any, topic: str = LOBBY) -> int:
    said = protocol.message_body({"id": "7", "name": "ann"}, f"c{body}", body, "2026-01-31T09:00:00.125Z")
    return log.append([Draft(topic, "said", said)])[0]


def bodies(topic: str = LOBBY) -> list[Any]:
    return list(
        RoomMessage.objects.filter(room=topics.room_id(topic))
        .order_by("position")
        .values_list("body", flat=True)
    )


async def until_rows(wanted: list[Any]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while await in_thread(bodies) != wanted:
            await asyncio.sleep(0.01)


async def test_rows_follow_the_log(log: MemoryLog) -> None:
    copier = HistoryCopier(log)
    positions = [say(log, "one"), say(log, {"b": [1, None], "a": 2.5}), say(log, None)]

    copier.message_appended(LOBBY)
    await copier.flush()

    rows = await in_thread(lambda: list(RoomMessage.objects.order_by("position")))
    assert [row.position for row in rows] == positions
    assert [row.body for row in rows] == ["one", {"b": [1, None], "a": 2.5}, None]
    assert (rows[0].room_id, rows[0].sender, rows[0].name, rows[0].message_id) == (1, "7", "ann", "cone")
    assert rows[0].at.isoformat() == "2026-01-31T09:00:00.125000+00:00"


async def test_a_row_is_the_same_event_again(log: MemoryLog) -> None:
    copier = HistoryCopier(log)
    for number in range(4):
        say(log, f"{number}")
    copier.message_appended(LOBBY)
    await copier.flush()

    found_messages = await history.messages(LOBBY, 3)

    page = await log.read({LOBBY: 0})
    encode = ROOM_DIALECT.event
    assert [encode(event).payload for event in found_messages] == [
        encode(event).payload for event in page.events[-3:]
    ]


async def test_however_many_copy_a_message_it_is_one_row(log: MemoryLog) -> None:
    copiers = [HistoryCopier(log) for _ in range(3)]

    for number in range(5):
        say(log, number)
        for copier in copiers:
            copier.message_appended(LOBBY)
        await asyncio.gather(*(copier.flush() for copier in copiers))

    assert await in_thread(bodies) == list(range(5))


async def test_rooms_that_are_not_kept_or_are_none_have_no_rows(log: MemoryLog) -> None:
    copier = HistoryCopier(log)

    for topic in (BOARD, NOWHERE, AUCTION):
        say(log, {"bid": 5}, topic)
        copier.message_appended(topic)
    await copier.flush()

    assert await in_thread(bodies, AUCTION) == [{"bid": 5}]
    assert await in_thread(RoomMessage.objects.count) == 1


async def test_a_room_that_is_deleted_while_it_is_copied_costs_the_others_nothing(log: MemoryLog) -> None:
    copier = HistoryCopier(log)
    for topic in (LOBBY, AUCTION):
        say(log, {"bid": 1}, topic)
        copier.message_appended(topic)
    await copier.flush()
    await in_thread(Room.objects.filter(pk=1).delete)

    for topic in (LOBBY, AUCTION):
        say(log, {"bid": 2}, topic)
        copier.message_appended(topic)
    await copier.flush()

    assert await in_thread(bodies, AUCTION) == [{"bid": 1}, {"bid": 2}]
    assert await in_thread(RoomMessage.objects.count) == 2


async def test_many_rooms_and_more_than_a_page_are_copied_whole(log: MemoryLog) -> None:
    await in_thread(Room.objects.bulk_create, [Room(pk=100 + n, name=f"r{n}") for n in range(150)])
    copier = HistoryCopier(log)

    for number in range(150):
        for body in range(20):
            say(log, body, topics.room(100 + number))
        copier.message_appended(topics.room(100 + number))
    await copier.flush()

    assert await in_thread(RoomMessage.objects.count) == 3000
    assert await in_thread(bodies, topics.room(249)) == list(range(20))


async def test_what_a_killed_instance_left_is_copied_by_another(
    log: MemoryLog, run: Callable[[HistoryCopier], None]
) -> None:
    killed = HistoryCopier(log)
    say(log, "before")
    killed.message_appended(LOBBY)
    await killed.flush()
    say(log, "left behind")
    killed.message_appended(LOBBY)

    run(HistoryCopier(log))

    await until_rows(["before", "left behind"])


async def test_who_is_stopped_in_the_middle_leaves_nothing_half_done(log: MemoryLog) -> None:
    copier = HistoryCopier(log)
    for number in range(5):
        say(log, number)
    copier.message_appended(LOBBY)
    task = asyncio.create_task(copier.flush())
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    await copier.flush()

    assert await in_thread(bodies) == list(range(5))


async def test_a_database_that_was_away_has_all_of_it_when_it_is_back(
    log: MemoryLog, run: Callable[[HistoryCopier], None], caplog: pytest.LogCaptureFixture
) -> None:
    copier = HistoryCopier(log)
    run(copier)
    say(log, "before")
    copier.message_appended(LOBBY)
    await until_rows(["before"])

    await in_thread(sql, "ALTER TABLE hub_notifications_line RENAME TO away")
    try:
        say(log, "meanwhile")
        copier.message_appended(LOBBY)
        async with asyncio.timeout(DEADLINE_S):
            while "wait to be copied" not in caplog.text:
                await asyncio.sleep(0.01)
    finally:
        await in_thread(sql, "ALTER TABLE away RENAME TO hub_notifications_line")

    await until_rows(["before", "meanwhile"])


async def test_a_log_that_no_longer_reaches_back_is_reported_and_the_rest_copied(
    log: MemoryLog, caplog: pytest.LogCaptureFixture
) -> None:
    copier = HistoryCopier(log)
    say(log, "first")
    copier.message_appended(LOBBY)
    await copier.flush()
    assert caplog.text == ""

    for number in range(22):
        say(log, number)
    copier.message_appended(LOBBY)
    await copier.flush()

    assert f"no longer reaches back to the rows of {LOBBY}" in caplog.text
    assert await in_thread(bodies) == ["first", *range(2, 22)]


async def test_rows_fill_what_the_log_forgot_of_a_room_that_is_kept_and_of_no_other(log: MemoryLog) -> None:
    copier = HistoryCopier(log)
    start = log.head()
    for number in range(25):
        say(log, number)
        say(log, {"bid": number + 1}, AUCTION)
        say(log, number, BOARD)
        copier.message_appended(LOBBY)
        copier.message_appended(AUCTION)
        await copier.flush()

    replay = Replay(log, Notifications())
    names = (LOBBY, AUCTION, BOARD)
    stretches = [stretch async for stretch in replay.of(names, start)]

    said = [event for stretch in stretches for event in stretch.events]
    positions = [event.position for event in said]
    assert positions == sorted(set(positions))
    heard = {
        name: [json.loads(event.body)["body"] for event in said if event.topic == name] for name in names
    }
    assert heard[LOBBY] == list(range(25))
    assert heard[AUCTION] == [{"bid": number + 1} for number in range(25)]
    assert heard[BOARD] == list(range(5, 25))
    assert {name for stretch in stretches for name in stretch.lost} == {BOARD}


async def test_rows_come_in_pages_and_only_after_the_position(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "PAGE_ROWS", 4)

    def fill() -> None:
        common = {"sender": "7", "name": "ann", "message_id": "c", "at": "2026-01-31T09:00:00Z"}
        RoomMessage.objects.bulk_create(
            RoomMessage(room_id=1, position=n, body=n, **common) for n in range(1, 8)
        )

    await in_thread(fill)

    first, more, lost = await recovery.recover({LOBBY: 2})
    second, no_more, _ = await recovery.recover({LOBBY: first[-1].position})

    assert [event.position for event in first] == [3, 4, 5, 6]
    assert [event.position for event in second] == [7]
    assert (more, no_more, lost) == (True, False, frozenset())


SAID = {"from": {"id": "7", "name": "ann"}, "id": "c1", "body": "x", "at": "2026-01-31T09:00:00.125Z"}
NONE_OF_OURS: dict[str, Any] = {
    "no fields": {},
    "no sender": {**SAID, "from": None},
    "a sender that is text": {**SAID, "from": "ann"},
    "a sender without a name": {**SAID, "from": {"id": "7"}},
    "a sender whose id is a list": {**SAID, "from": {"id": [7], "name": "ann"}},
    "a long sender": {**SAID, "from": {"id": "7" * 65, "name": "ann"}},
    "a long name": {**SAID, "from": {"id": "7", "name": "n" * 151}},
    "a NUL in a name": {**SAID, "from": {"id": "7", "name": "a\0"}},
    "half a character in a name": {**SAID, "from": {"id": "7", "name": "\ud800"}},
    "a long id": {**SAID, "id": "c" * 101},
    "an id that is a number": {**SAID, "id": 7},
    "no time": {**SAID, "at": None},
    "a time that is none": {**SAID, "at": "yesterday"},
    "a NUL in the text": {**SAID, "body": ["a\0"]},
    "half a character in the text": {**SAID, "body": {"a": "\udc00"}},
    "no JSON number": {**SAID, "body": float("inf")},
}


@pytest.mark.parametrize("name", NONE_OF_OURS)
async def test_what_is_no_message_is_skipped_and_the_rest_copied(name: str, log: MemoryLog) -> None:
    copier = HistoryCopier(log)
    before = malformed.counts["message of a room"]
    say(log, "before")
    log.append([Draft(LOBBY, "said", json.dumps(NONE_OF_OURS[name]).encode())])
    log.append([Draft(LOBBY, "room", b'{"data":{}}'), Draft(LOBBY, "said", b"no JSON")])
    say(log, "after")

    copier.message_appended(LOBBY)
    await copier.flush()

    assert await in_thread(bodies) == ["before", "after"]
    assert malformed.counts["message of a room"] == before + 3
    assert not len(copier.pending)


async def test_a_row_that_no_event_can_hold_is_left_out_and_the_others_are_sent(log: MemoryLog) -> None:
    copier = HistoryCopier(log)
    for number in range(3):
        say(log, f"{number}")
    copier.message_appended(LOBBY)
    await copier.flush()
    await in_thread(lambda: RoomMessage.objects.filter(body="1").update(body={"a": "\ud800"}))

    found_messages = await history.messages(LOBBY, 3)
    recovered, _, _ = await recovery.recover({LOBBY: 0})

    assert [json.loads(event.body)["body"] for event in found_messages] == ["0", "2"]
    assert [json.loads(event.body)["body"] for event in recovered] == ["0", "2"]


async def test_pages_of_rows_that_no_event_can_hold_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "PAGE_ROWS", 4)
    common = {"sender": "7", "name": "ann", "message_id": "c", "at": "2026-01-31T09:00:00Z"}
    bodies = ["\ud800" if 2 < number < 20 else number for number in range(1, 23)]

    def fill() -> None:
        rows = [RoomMessage(room_id=1, position=n, body=body, **common) for n, body in enumerate(bodies, 1)]
        RoomMessage.objects.bulk_create(rows)

    await in_thread(fill)

    found, after, more = [], 0, True
    while more:
        events, more, _ = await recovery.recover({LOBBY: after})
        found += [event.position for event in events]
        after = found[-1]

    assert found == [1, 2, 20, 21, 22]


def test_the_migration_goes_back_and_forward() -> None:
    try:
        call_command("migrate", "hub_notifications", "0002", verbosity=0)
        assert "hub_notifications_room" not in connection.introspection.table_names()
    finally:
        call_command("migrate", "hub_notifications", verbosity=0)

    assert ("hub_notifications", "0003_room") in MigrationRecorder(connection).applied_migrations()
    Room.objects.create(name="again")


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
