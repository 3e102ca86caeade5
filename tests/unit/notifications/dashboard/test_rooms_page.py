"""The rooms as staff see them, and what they do there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from notifications.models import AuditEntry, Room, RoomMessage

PATH = "/dashboard/rooms/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def lobby() -> Room:
    return Room.objects.create(name="lobby")


def shown(client: Client, path: str = PATH) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def names(page: str) -> list[str]:
    return re.findall(r'<tr data-room="room-[0-9]+">\s*<th scope="row"><a [^>]+><bdi>([^<]+)<', page)


def audited() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("id").values_list("actor", "act", "target"))


def test_every_room_is_listed_with_its_kind_its_audience_and_whether_it_is_closed(
    viewer: Client, person: Callable[[str], User]
) -> None:
    Room.objects.create(name="all", kind="board")
    Room.objects.create(name="ops", audience="group", group=Group.objects.create(name="ops"))
    Room.objects.create(name="two", audience="people", closed_at=timezone.now()).people.add(
        person("alice"), person("bob")
    )

    page = shown(viewer)

    rows = dict(zip(names(page), page.split("<tr data-room=")[1:], strict=True))
    assert all(words in rows["all"] for words in ("Drawing board", "Everyone", "open"))
    assert "Group ops" in rows["ops"]
    assert all(words in rows["two"] for words in ("Named people: 2", "closed"))


def test_the_list_is_read_by_pages_of_fifty(viewer: Client, django_assert_max_num_queries: Any) -> None:
    Room.objects.bulk_create(Room(name=f"room-{n:03}") for n in range(70))

    with django_assert_max_num_queries(10):
        first = shown(viewer)
    next = re.search(r'rel="next" href="([^"]+)"', first)
    assert next
    second = shown(viewer, f"{PATH}{next[1]}")

    assert names(first) + names(second) == [f"room-{n:03}" for n in range(70)]
    assert len(names(first)) == 50
    assert 'rel="next"' not in second


@pytest.mark.parametrize("path", [f"{PATH}?after=%00", f"{PATH}?after=A+B", f"{PATH}nowhere/", f"{PATH}%00/"])
def test_what_is_no_room_is_not_found(viewer: Client, path: str) -> None:
    assert viewer.get(path).status_code == 404


def test_a_room_shows_its_last_twenty_messages_as_text(
    manager: Client, lobby: Room, django_assert_max_num_queries: Any
) -> None:
    bodies = ["too old", *(f"line {n}" for n in range(18)), "<b>bold</b>", {"bid": 5}]
    fields: dict[str, Any] = {"room": lobby, "sender": "1", "name": "bob", "at": timezone.now()}
    RoomMessage.objects.bulk_create(
        RoomMessage(position=n, message_id=str(n), body=body, **fields) for n, body in enumerate(bodies, 1)
    )

    manager.post(f"{PATH}lobby/look")
    with django_assert_max_num_queries(10):
        page = shown(manager, f"{PATH}lobby/")

    assert "too old" not in page
    assert page.index("line 0") < page.index("line 17") < page.index("&lt;b&gt;bold&lt;/b&gt;")
    assert "{&quot;bid&quot;: 5}" in page


def test_a_manager_closes_a_room_and_opens_it_again(manager: Client, lobby: Room) -> None:
    answer = manager.post(f"{PATH}lobby/close")
    lobby.refresh_from_db()
    closed_at = lobby.closed_at
    page = shown(manager, answer["Location"])
    manager.post(f"{PATH}lobby/open")
    lobby.refresh_from_db()

    assert closed_at is not None
    assert "Closed lobby." in page
    assert lobby.closed_at is None
    assert audited() == [("manager", "close-room", "lobby"), ("manager", "open-room", "lobby")]


def test_a_manager_removes_a_person_and_lets_them_back(
    manager: Client, lobby: Room, person: Callable[[str], User]
) -> None:
    bob = person("bob")

    answer = manager.post(f"{PATH}lobby/remove", {"person": "bob"})
    removed = list(lobby.removed.all())
    page = shown(manager, answer["Location"])
    manager.post(f"{PATH}lobby/let-back", {"person": "bob"})

    assert removed == [bob]
    assert "Readmit bob" in page
    assert not lobby.removed.exists()
    assert audited() == [("manager", "remove-person", "lobby"), ("manager", "let-back", "lobby")]
    assert AuditEntry.objects.filter(detail={"person": "bob"}).count() == 2


@pytest.mark.parametrize("act", ["close", "open", "remove", "let-back"])
def test_others_are_refused_and_nothing_is_done(
    viewer: Client, sender: Client, lobby: Room, act: str
) -> None:
    for client in (viewer, sender):
        assert client.post(f"{PATH}lobby/{act}", {"person": "viewer"}).status_code == 403

    lobby.refresh_from_db()
    assert lobby.closed_at is None
    assert not lobby.removed.exists()
    assert audited() == []
    assert f"/dashboard/rooms/lobby/{act}" not in shown(viewer, f"{PATH}lobby/")


@pytest.mark.parametrize("act", ["remove", "let-back"])
@pytest.mark.parametrize("name", ["", "nobody", "a\x00b"])
def test_an_unknown_person_is_not_removed(manager: Client, lobby: Room, act: str, name: str) -> None:
    answer = manager.post(f"{PATH}lobby/{act}", {"person": name})

    assert answer.status_code == 422
    assert "No user “" in answer.content.decode()
    assert audited() == []


@pytest.mark.parametrize("act", ["close", "open", "remove", "let-back"])
def test_a_room_that_is_none_is_not_found_by_an_act(manager: Client, act: str) -> None:
    assert manager.post(f"{PATH}nowhere/{act}", {"person": "manager"}).status_code == 404
