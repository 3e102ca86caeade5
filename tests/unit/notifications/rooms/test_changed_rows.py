"""What is done to messages reaches their rows, once and in order; recovered from them is the result."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub import topics
from hub.events import Draft
from hub.log.memory import MemoryLog
from hub.rooms import changes
from hub.rooms.message_index import Indexed
from hub.rooms.protocol import Change, message_body
from hub.support.threads import in_thread
from notifications import recovery
from notifications.models import Room, RoomMessage
from notifications.rooms import history
from notifications.rooms.history import HistoryCopier
from tests.unit.notifications.rooms.test_history import log

__all__ = ["log"]

pytestmark = pytest.mark.django_db(transaction=True)

ROOM = topics.room(1)
ANN, BOB = {"id": "7", "name": "ann"}, {"id": "8", "name": "bob"}


@pytest.fixture(autouse=True)
def room() -> None:
    Room.objects.create(pk=1, name="lobby")


@pytest.fixture
async def copier(log: MemoryLog) -> HistoryCopier:
    return HistoryCopier(log)


def say(log: MemoryLog, body: Any) -> int:
    return log.append([Draft(ROOM, "said", message_body(ANN, "c1", body, "2026-01-31T09:00:00.125Z"))])[0]


def change(log: MemoryLog, type: str, of: int, body: Any = None, who: Any = ANN, on: bool = True) -> int:
    message = Indexed("7", "c1", "2026-01-31T09:00:00.125Z")
    if not on:
        message.reactions = {body: {who["id"]}}
    made = changes.body(Change(type, "x", of, body), who, message)
    edits = {"edits": of} if type != "react" else {}
    ends = type == "remove"
    return log.append([Draft(ROOM, changes.TYPES[type], made, ends=ends, **edits)])[0]  # type: ignore[arg-type]


async def row(position: int) -> RoomMessage:
    return await in_thread(RoomMessage.objects.get, position=position)


async def bodies() -> list[Any]:
    return [json.loads(event.body)["body"] for event in await history.messages(ROOM, 5)]


async def recovered(after: int) -> list[tuple[str, int, Any]]:
    found = await recovery.recover({ROOM: after})
    return [(event.type, event.position, json.loads(event.body)["body"]) for event in found.events]


async def test_an_edit_is_the_row(log: MemoryLog, copier: HistoryCopier) -> None:
    of = say(log, "first text")
    at = change(log, "edit", of, {"text": "second text", "reply_to": "12"})

    await copier.copy([ROOM])

    kept = await row(of)
    assert (kept.body, kept.text, kept.changed) == (
        {"text": "second text", "reply_to": "12"},
        "second text",
        at,
    )
    assert [json.loads(event.body)["body"] for event in await history.messages(ROOM, 5)] == [kept.body]


async def test_of_what_was_removed_the_row_has_nothing(log: MemoryLog, copier: HistoryCopier) -> None:
    of = say(log, "a secret")
    change(log, "react", of, "👍")
    await copier.copy([ROOM])

    change(log, "remove", of)
    change(log, "edit", of, "a secret again")
    await copier.copy([ROOM])

    kept = await row(of)
    assert (kept.body, kept.text, kept.reactions) == (None, "", {})
    assert await history.messages(ROOM, 5) == []
    assert "secret" not in str(await in_thread(lambda: list(RoomMessage.objects.values())))


async def test_what_was_removed_before_it_was_copied_is_no_loss(
    log: MemoryLog, copier: HistoryCopier
) -> None:
    say(log, "before")
    await copier.copy([ROOM])
    change(log, "remove", say(log, "a secret"))
    say(log, "after")

    await copier.copy([ROOM])

    assert (await in_thread(Room.objects.get)).lost_upto == 0
    assert [json.loads(event.body)["body"] for event in await history.messages(ROOM, 5)] == [
        "before",
        "after",
    ]


async def test_reactions_are_counted_once_however_often_they_are_copied(
    log: MemoryLog, copier: HistoryCopier
) -> None:
    of = say(log, "one")
    for who, on in ((ANN, True), (BOB, True), (ANN, False)):
        change(log, "react", of, "👍", who, on)

    await copier.copy([ROOM])
    await HistoryCopier(log).copy([ROOM])

    assert (await row(of)).reactions == {"👍": ["8"]}


async def test_race_a_copier_that_is_late_undoes_nothing(log: MemoryLog, copier: HistoryCopier) -> None:
    late = HistoryCopier(log)
    of = say(log, "first text")
    await copier.copy([ROOM])
    await late.copy([ROOM])
    change(log, "edit", of, "second text")
    await copier.copy([ROOM])
    change(log, "edit", of, "third text")
    await copier.copy([ROOM])

    await late.copy([ROOM])

    assert (await row(of)).body == "third text"


async def test_who_missed_a_change_that_the_log_no_longer_has_is_told_the_result(
    log: MemoryLog, copier: HistoryCopier
) -> None:
    edited, removed, untouched = say(log, "first text"), say(log, "a secret"), say(log, "third")
    at = change(log, "edit", edited, "second text"), change(log, "remove", removed)
    await copier.copy([ROOM])

    assert await recovered(untouched) == [("edited", at[0], "second text"), ("removed", at[1], None)]
    assert await recovered(0) == [("said", edited, "second text"), ("said", untouched, "third")]


async def test_a_change_of_what_is_no_row_stops_nothing(log: MemoryLog, copier: HistoryCopier) -> None:
    change(log, "edit", 17, "of nothing")
    log.append([Draft(ROOM, "edited", b'{"of":"x"}'), Draft(ROOM, "reacted", b'{"from":{}}')])
    of = say(log, "after")

    await copier.copy([ROOM])

    assert (await row(of)).body == "after"
