"""Staff write and read the names of groups and rooms; what travels goes by ids."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from hub.ops.connection_list import decode
from notifications.models import Notification, Room
from notifications.sending.notify import notify

pytestmark = pytest.mark.django_db

CONNECTIONS = "/dashboard/connections/"


@pytest.fixture
def ops(person: Callable[[str], User]) -> Group:
    """A group of Alice's that has been renamed, and was sent to before and after."""
    group = Group.objects.create(name="operators")
    group.user_set.add(person("alice"))
    notify(["group:operators"], "Before")
    group.name = "ops & co"
    group.save()
    notify(["group:ops & co"], "After")
    return group


def shown(client: Client, path: str, **query: Any) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    page: str = answer.content.decode()
    return page


def labels(page: str) -> dict[str, str]:
    found = re.search(r'<script id="labels" type="application/json">(.*?)</script>', page)
    assert found
    names: dict[str, str] = json.loads(found[1])
    return names


def filtered(client: Client, topic: str) -> str:
    """The topic by which the page's connections are picked."""
    found = re.search(r'data-query="\?([^"]*)"', shown(client, CONNECTIONS, topic=topic))
    assert found
    listens = parse_qs(found[1].replace("&amp;", "&"))["topic"]
    return decode(listens[1].removeprefix("staff-connections-")).topic


def test_why_names_the_group(viewer: Client, ops: Group) -> None:
    row = Notification.objects.get(title="Before")

    for query in ({"notification": row.pk}, {"notification": row.pk, "person": "alice"}):
        page = shown(viewer, "/dashboard/why/", **query)
        assert "<bdi>group:ops &amp; co</bdi>" in page
        assert f"group-{ops.pk}" not in page


def test_why_asks_for_the_names_of_many_at_once(
    viewer: Client, ops: Group, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for number in range(40):
        group = Group.objects.create(name=f"g{number}")
        notify([f"group:g{number}"], "Hello")
        group.user_set.add(User.objects.get(username="alice"))

    with django_assert_max_num_queries(10):
        shown(viewer, "/dashboard/why/", person="alice")


def test_a_person_s_page_names_the_groups(viewer: Client, ops: Group) -> None:
    page = shown(viewer, f"/dashboard/people/{User.objects.get(username='alice').pk}/")

    assert "<bdi>group:ops &amp; co</bdi>" in page


def test_a_tail_names_the_groups_of_its_person(manager: Client, ops: Group) -> None:
    begun = manager.post("/dashboard/tail/", {"person": "alice"})

    page = shown(manager, begun["Location"])

    assert "<bdi>group:ops &amp; co</bdi>" in page
    assert labels(page)[f"group-{ops.pk}"] == "group:ops & co"


def test_connections_are_labelled_with_groups_and_rooms(viewer: Client, ops: Group) -> None:
    lobby = Room.objects.create(name="lobby")

    names = labels(shown(viewer, CONNECTIONS))

    assert names == {f"group-{ops.pk}": "group:ops & co", f"room-{lobby.pk}": "room-lobby"}


@pytest.mark.parametrize("written", ["group:ops & co", "group-ops~20~26~20co"])
def test_connections_are_picked_by_a_group_s_name(viewer: Client, ops: Group, written: str) -> None:
    assert filtered(viewer, written) == f"group-{ops.pk}"


def test_connections_are_picked_by_a_room_s_name(viewer: Client, ops: Group) -> None:
    lobby = Room.objects.create(name="lobby")

    assert filtered(viewer, "room-lobby") == f"room-{lobby.pk}"


@pytest.mark.parametrize("topic", ["group:nobody", "group:operators", "group:"])
def test_a_group_that_is_not_there_is_reported(manager: Client, ops: Group, topic: str) -> None:
    picked = manager.get(CONNECTIONS, {"topic": topic})
    tailed = manager.post("/dashboard/tail/", {"topic": topic})

    for answer in (picked, tailed):
        assert answer.status_code == 422
        assert f"No user, group, topic or segment called “{topic}”" in answer.content.decode()


@pytest.mark.parametrize("topic", ["group-\x00", "group:\x00", "room-\x00", "group-~", "room-" + "x" * 300])
def test_what_names_nothing_at_all_is_refused(manager: Client, topic: str) -> None:
    assert manager.get(CONNECTIONS, {"topic": topic}).status_code == 422 or topic == "group-~"
    assert manager.post("/dashboard/tail/", {"topic": topic}).status_code in (302, 422)
