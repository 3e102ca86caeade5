"""What rooms keep, read back and searched by those who may enter; and up to where they have read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from hub import topics
from notifications.access import tokens
from notifications.models import Room, RoomMark, RoomMessage
from notifications.rooms import rows
from tests.unit.notifications.conftest import Caller, refused


def fill(room: Room, bodies: Sequence[Any], sender: User | None = None) -> None:
    """Messages at positions 1, 2, …"""
    made = [
        RoomMessage(
            room=room,
            position=position,
            sender=str(sender.pk if sender else 0),
            name="somebody",
            message_id=f"c{position}",
            body=body,
            text=rows.text_of(body),
            at=timezone.now(),
        )
        for position, body in enumerate(bodies, 1)
    ]
    RoomMessage.objects.bulk_create(made)


@pytest.fixture
def lobby() -> Room:
    return Room.objects.create(name="lobby")


@pytest.fixture
def den(bob: User) -> Room:
    room = Room.objects.create(name="den", audience="people")
    room.people.add(bob)
    return room


def bodies(answer: Any) -> list[Any]:
    return [item["body"] for item in answer.json["items"]]


def test_messages_are_read_back_page_by_page(reader: Caller, lobby: Room) -> None:
    fill(lobby, range(5))

    first = reader.get("rooms/lobby/messages?limit=2")
    second = reader.get(f"rooms/lobby/messages?limit=2&before={first.json['next']}")
    third = reader.get(f"rooms/lobby/messages?limit=2&before={second.json['next']}")

    assert [bodies(page) for page in (first, second, third)] == [[4, 3], [2, 1], [0]]
    assert third.json["next"] is None


def test_a_message_is_as_it_is_told_in_the_room(reader: Caller, lobby: Room) -> None:
    fill(lobby, ["hello"])
    RoomMessage.objects.update(reactions={"👍": ["7"]}, edited_at=timezone.now())

    (item,) = reader.get("rooms/lobby/messages").json["items"]

    assert item.pop("at") <= item.pop("edited")
    assert item == {
        "position": "1",
        "from": {"id": "0", "name": "somebody"},
        "id": "c1",
        "body": "hello",
        "reactions": {"👍": ["7"]},
    }


@pytest.mark.parametrize("query", ["GRÜSSE", "grüsse", "100%", "_", "b\\c", '"quoted"', "line\nbreak"])
def test_a_search_finds_text_as_it_was_written(reader: Caller, lobby: Room, query: str) -> None:
    texts = ["Viele Grüsse", "GRÜSSE", "100% sure", "snake_case", "a b\\c", 'so "quoted"', "a line\nbreak"]
    fill(lobby, [*texts, {"text": "another", "reply_to": "1"}, {"any": ["JSON", 7]}])

    found = bodies(reader.get(f"rooms/lobby/messages?{urlencode({'q': query})}"))

    assert found
    assert all(query.lower() in text.lower() for text in found)


def test_what_was_removed_is_not_found(reader: Caller, lobby: Room) -> None:
    fill(lobby, ["one", "two"])
    RoomMessage.objects.filter(position=1).update(removed_at=timezone.now(), body=None, text="")

    assert bodies(reader.get("rooms/lobby/messages")) == ["two"]


@pytest.mark.parametrize(
    "query", ["before=x", "before=-1", "limit=0", "limit=101", f"q={'x' * 201}", "who=me", "q=%00"]
)
def test_a_query_that_is_none_is_refused(reader: Caller, lobby: Room, query: str) -> None:
    assert reader.get(f"rooms/lobby/messages?{query}").status == 422


def test_a_room_is_read_by_whoever_may_enter_it(
    reader: Caller, den: Room, bob: User, alice: User, program: Caller, token_of: Callable[..., str]
) -> None:
    fill(den, ["secret"])

    assert reader.get("rooms/den/messages").status == 403
    assert bodies(Caller(bearer=token_of(bob)).get("rooms/den/messages")) == ["secret"]
    assert bodies(program.get("rooms/den/messages")) == ["secret"]
    named = Caller(bearer=tokens.issue(alice, [topics.room(den.pk)], 60)[0])
    assert bodies(named.get("rooms/den/messages")) == ["secret"]
    den.removed.add(alice)
    assert named.get("rooms/den/messages").status == 403
    assert refused(reader.get("rooms/nowhere/messages"), 404)


def test_a_closed_room_is_closed(reader: Caller, lobby: Room) -> None:
    Room.objects.update(closed_at=timezone.now())

    assert refused(reader.get("rooms/lobby/messages"), 403)
    assert refused(reader.put("rooms/lobby/reading", {}), 403)


def test_reading_counts_what_is_left_and_takes_nothing_back(reader: Caller, lobby: Room, alice: User) -> None:
    fill(lobby, range(5))

    answers = [
        reader.put("rooms/lobby/reading", body).json for body in ({"position": "2"}, {"position": "1"}, {})
    ]

    assert answers == [
        {"room": "lobby", "unread": 3, "position": "2"},
        {"room": "lobby", "unread": 3, "position": "2"},
        {"room": "lobby", "unread": 0, "position": "5"},
    ]


def test_nothing_beyond_the_last_message_is_read(reader: Caller, lobby: Room) -> None:
    fill(lobby, range(2))

    reader.put("rooms/lobby/reading", {"position": "9999999999999999"})

    assert RoomMark.objects.get().position == 2


@pytest.mark.parametrize("position", [2, "x", "-1", "1" * 17, [], True])
def test_a_position_that_is_none_is_refused(reader: Caller, lobby: Room, position: Any) -> None:
    assert reader.put("rooms/lobby/reading", {"position": position}).status == 422


def test_a_room_that_keeps_nothing_has_nothing_unread(reader: Caller) -> None:
    Room.objects.create(name="board", kind="board")

    assert refused(reader.put("rooms/board/reading", {}), 422)


def test_unread_is_what_others_said_where_one_is_addressed_or_was(
    reader: Caller, lobby: Room, alice: User, ops: Group
) -> None:
    group = Room.objects.create(name="ops", audience="group", group=ops)
    fill(group, ["mine"], alice)
    fill(lobby, ["one", "two"])
    RoomMessage.objects.create(
        room=group, position=7, sender="0", name="x", message_id="c7", body="theirs", at=timezone.now()
    )

    assert {room["name"]: room["unread"] for room in reader.get("rooms").json["rooms"]} == {
        "lobby": 0,
        "ops": 1,
    }
    RoomMark.objects.create(user=alice, room=lobby, position=1)
    assert {room["name"]: room["unread"] for room in reader.get("rooms").json["rooms"]} == {
        "lobby": 1,
        "ops": 1,
    }
