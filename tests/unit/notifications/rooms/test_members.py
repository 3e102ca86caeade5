"""Who is in a room, for programs and for those who may enter it."""

from __future__ import annotations

import asyncio
import json

import pytest
from django.contrib.auth.models import User

from hub import topics
from hub.rooms.presence.memory import MemoryPresence
from notifications.models import Room
from notifications.rooms import members
from tests.unit.notifications.conftest import Caller, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def presence(monkeypatch: pytest.MonkeyPatch) -> MemoryPresence:
    made = MemoryPresence()
    monkeypatch.setattr(members, "shared_presence", lambda: made)
    return made


def enter(presence: MemoryPresence, room: Room, people: dict[str, str]) -> None:
    asyncio.run(presence.renew({topics.room(room.pk): people}))


def test_who_is_there_is_named_with_the_status_they_set(program: Caller, presence: MemoryPresence) -> None:
    room = Room.objects.create(name="lobby")
    enter(presence, room, {"7": "Zoe", "8": "adam"})
    status = json.dumps({"body": "at lunch"}).encode()
    asyncio.run(presence.keep_last_value(topics.room(room.pk), "status", "7", status))

    answer = program.get("rooms/lobby/members")

    assert answer.json == {
        "count": 2,
        "members": [{"id": "8", "name": "adam"}, {"id": "7", "name": "Zoe", "status": "at lunch"}],
    }


def test_of_many_some_are_named_and_all_counted(program: Caller, presence: MemoryPresence) -> None:
    enter(presence, Room.objects.create(name="lobby"), {str(n): f"n{n}" for n in range(300)})

    answer = program.get("rooms/lobby/members").json

    assert (answer["count"], len(answer["members"])) == (300, 200)


def test_who_may_not_enter_does_not_see_who_is_there(reader: Caller, bob: User) -> None:
    Room.objects.create(name="den", audience="people").people.add(bob)

    assert refused(reader.get("rooms/den/members"), 403)
