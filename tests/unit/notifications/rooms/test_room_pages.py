"""The pages of the rooms, as they come before any script."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.models import Room, RoomMessage
from notifications.rooms import registry
from tests import ROOT

WORDS = ROOT / "notifications" / "static" / "notifications" / "words"

pytestmark = pytest.mark.django_db


def page(client: Client, path: str, status: int = 200, language: str = "en") -> str:
    answer = client.get(path, headers={"accept-language": language})
    assert answer.status_code == status
    return answer.content.decode()


def test_a_stranger_is_asked_to_sign_in() -> None:
    for path in ("/rooms/", "/rooms/lobby/"):
        assert Client().get(path)["Location"] == f"/accounts/login/?next={path}"


def test_the_list_names_the_rooms_one_may_enter_and_no_other(client: Client, alice: User) -> None:
    Room.objects.create(name="open")
    Room.objects.create(name="mine", audience=Room.Audience.PEOPLE).people.add(alice)
    Room.objects.create(name="theirs", audience=Room.Audience.PEOPLE)

    shown = page(client, "/rooms/")

    assert 'href="/rooms/open/"' in shown
    assert 'href="/rooms/mine/"' in shown
    assert "theirs" not in shown


def test_without_a_room_the_list_says_so(client: Client) -> None:
    assert "No rooms yet" in page(client, "/rooms/")


def test_a_room_they_may_not_enter_is_refused_and_a_missing_one_not_found(client: Client) -> None:
    Room.objects.create(name="theirs", audience=Room.Audience.PEOPLE)

    assert "You don’t have access" in page(client, "/rooms/theirs/", 403)
    assert "Page not found" in page(client, "/rooms/nowhere/", 404)


def test_a_closed_room_says_so_and_is_not_listed(client: Client) -> None:
    registry.close(Room.objects.create(name="lobby"))

    assert "This room is closed" in page(client, "/rooms/lobby/", 403)
    assert "lobby" not in page(client, "/rooms/")


def test_a_person_who_was_removed_is_refused(client: Client, alice: User) -> None:
    registry.remove(Room.objects.create(name="lobby"), alice)

    assert "You don’t have access" in page(client, "/rooms/lobby/", 403)
    assert "lobby" not in page(client, "/rooms/")


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("chat", 'role="log"'),
        ("board", "<canvas"),
        ("auction", 'name="bid"'),
        ("device", "ws://testserver/rooms/here/"),
        ("binary", "ws://testserver/rooms/here/"),
        ("document", "ws://testserver/documents/here"),
    ],
)
def test_each_kind_has_its_page(client: Client, kind: str, part: str) -> None:
    Room.objects.create(name="here", kind=kind)

    assert part in page(client, "/rooms/here/")


@pytest.mark.parametrize("path", ["/rooms/", "/rooms/here/"])
def test_the_pages_are_shown_in_arabic_from_right_to_left(client: Client, path: str) -> None:
    Room.objects.create(name="here")

    shown = page(client, path, language="ar")

    assert 'dir="rtl"' in shown
    assert "الغرف" in shown


def test_messages_are_in_the_page_without_a_script_by_turns_and_as_text(client: Client) -> None:
    Room.objects.create(name="here")
    now = timezone.now()
    for position, (name, body) in enumerate([("bob", "<b>one</b>"), ("bob", "two"), ("eve", "three")], 1):
        RoomMessage.objects.create(
            room=Room.objects.get(name="here"),
            position=position,
            sender=name,
            name=name,
            message_id=str(position),
            body=body,
            at=now + timedelta(seconds=position),
        )

    shown = page(client, "/rooms/here/")

    assert shown.count('class="turn"') == 2
    assert "&lt;b&gt;one&lt;/b&gt;" in shown
    assert shown.index("one") < shown.index("two") < shown.index("three")


def test_every_phrase_is_there_in_both_languages() -> None:
    english, arabic = (json.loads((WORDS / f"{name}.json").read_text("utf-8")) for name in ("en", "ar"))

    assert english.keys() == arabic.keys()
