"""Rooms: which a reader finds, and how a program makes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from notifications.access import tokens
from notifications.models import Room
from tests.unit.notifications.conftest import Caller, refused, rows_written


@pytest.fixture
def rooms(alice: User, bob: User, ops: Group) -> None:
    """One for everyone, one for Alice's group, one for Bob alone."""
    Room.objects.create(name="lobby")
    Room.objects.create(name="ops", kind="board", audience="group", group=ops)
    Room.objects.create(name="den", audience="people").people.add(bob)


@pytest.mark.usefixtures("rooms")
def test_a_reader_finds_the_rooms_they_may_enter(reader: Caller) -> None:
    answer = reader.get("rooms")

    assert answer.json == {
        "rooms": [
            {"name": "lobby", "kind": "chat", "members": "everyone", "unread": 0},
            {"name": "ops", "kind": "board", "members": "group:ops", "unread": 0},
        ]
    }


@pytest.mark.usefixtures("rooms")
def test_so_does_a_token_and_a_program_for_them(
    program: Caller, bob: User, token_of: Callable[..., str]
) -> None:
    by_token = Caller(bearer=token_of(bob)).get("rooms").json
    by_key = program.get("rooms?user=bob").json

    assert by_token == by_key
    assert by_key["rooms"] == [
        {"name": "den", "kind": "chat", "members": ["bob"], "unread": 0},
        {"name": "lobby", "kind": "chat", "members": "everyone", "unread": 0},
    ]


@pytest.mark.usefixtures("rooms")
def test_no_one_may_enter_a_room_whose_group_was_deleted(reader: Caller, ops: Group) -> None:
    ops.delete()

    assert [room["name"] for room in reader.get("rooms").json["rooms"]] == ["lobby"]


def test_an_unknown_parameter_is_refused(reader: Caller) -> None:
    assert refused(reader.get("rooms?kind=chat"), 422, "kind")


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ("everyone", "everyone"),
        ("group:ops", "group:ops"),
        (["user:bob", "user:alice", "user:bob"], ["alice", "bob"]),
    ],
)
@pytest.mark.usefixtures("bob", "ops")
def test_a_room_is_made_for_the_members_given(program: Caller, members: Any, told: Any) -> None:
    answer = program.post("rooms", {"name": "standup", "kind": "board", "members": members})

    assert answer.status == 201
    assert answer.json == {"name": "standup", "kind": "board", "members": told}
    assert {**answer.json, "unread": 0} in program.get("rooms?user=alice").json["rooms"]


def test_a_room_is_a_chat_by_default(program: Caller) -> None:
    assert program.post("rooms", {"name": "a", "members": "everyone"}).json["kind"] == "chat"


def test_a_name_is_given_once(program: Caller) -> None:
    program.post("rooms", {"name": "standup", "members": "everyone"})

    assert refused(program.post("rooms", {"name": "standup", "kind": "board", "members": "everyone"}), 409)
    assert Room.objects.get().kind == "chat"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "Standup"),
        ("name", "-a"),
        ("name", "a" * 65),
        ("name", "a\n"),
        ("name", "ä"),
        ("name", "a\x00"),
        ("name", 7),
        ("name", None),
        ("kind", "shouting"),
        ("kind", ""),
        ("kind", None),
        ("members", None),
        ("members", 7),
        ("members", ""),
        ("members", "nobody"),
        ("members", "user:alice"),
        ("members", "group:nobody"),
        ("members", "group:\x00"),
        ("members", []),
        ("members", [7]),
        ("members", ["alice"]),
        ("members", ["user:nobody"]),
        ("members", ["user:alice", "group:ops"]),
        ("members", ["user:al\x00ice"]),
        ("members", ["user:alice"] * 501),
        ("unknown", 1),
    ],
)
@pytest.mark.usefixtures("ops")
def test_a_wrong_field_is_named(program: Caller, field: str, value: Any) -> None:
    body = {"name": "standup", "members": "everyone", field: value}

    assert refused(program.post("rooms", body), 422, field)
    assert rows_written() == 0


def test_a_token_may_name_a_room(program: Caller, alice: User) -> None:
    standup = Room.objects.create(name="standup")

    answer = program.post("tokens", {"user": "alice", "topics": ["room-standup"]})

    assert tokens.read(answer.json["token"]).topics == (f"room-{standup.pk}",)


def test_a_token_names_no_room_that_is_not_there(program: Caller, alice: User) -> None:
    other = Room.objects.create(name="standup")

    answer = program.post("tokens", {"user": "alice", "topics": [f"room-{other.pk}"]})

    assert refused(answer, 422, "topics")
    assert "create it first" in answer.json["detail"]


def test_a_room_is_written_to_only_through_its_endpoint(program: Caller) -> None:
    body = {"topic": "room-standup", "type": "said", "data": 1}

    assert refused(program.post("events", body), 422, "topic")
