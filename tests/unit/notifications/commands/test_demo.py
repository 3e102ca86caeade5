from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.test import Client

from hub.rooms import kinds
from notifications.access import api_keys, judge
from notifications.demo import seed
from notifications.inbox.listing import find
from notifications.models import ApiKey, Grant, Notification, Room, Template, TopicPolicy
from notifications.rooms import registry
from tests.house.page import pages

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo_mode(settings: Any) -> None:
    settings.HUB_DEMO = True


def test_it_is_refused_outside_of_demo_mode(settings: Any) -> None:
    settings.HUB_DEMO = False

    with pytest.raises(CommandError, match="HUB_DEMO=1"):
        call_command("demo")
    assert not User.objects.exists()


@pytest.mark.usefixtures("demo_mode")
def test_its_people_sign_in_and_its_key_has_every_scope() -> None:
    call_command("demo", stdout=StringIO())

    for name in ("admin", "alice", "bob", "carol"):
        assert authenticate(username=name, password="demo") is not None
    assert list(User.objects.filter(is_staff=True).values_list("username", flat=True)) == ["admin"]
    assert set(Group.objects.get().user_set.values_list("username", flat=True)) == {"admin", "alice"}
    assert all(api_keys.check("demo-key", scope) for scope in api_keys.SCOPES)
    bob = User.objects.get(username="bob")
    assert not judge.accounts([bob.pk])[bob.pk].rights.denied(["repo-hub"])


@pytest.mark.usefixtures("demo_mode")
def test_everyone_finds_something_of_several_days() -> None:
    call_command("demo", stdout=StringIO())

    for user in User.objects.all():
        items, _ = find(user, judge.own_topics(user))
        assert len({item["created_at"][:10] for item in items}) >= 3
    severities = set(Notification.objects.values_list("severity", flat=True))
    assert severities == set(Notification.Severity.values)


@pytest.mark.usefixtures("demo_mode")
def test_there_is_a_room_of_each_kind_and_one_for_a_group() -> None:
    call_command("demo", stdout=StringIO())

    assert set(Room.objects.values_list("kind", flat=True)) == set(kinds.kinds())
    assert {room.name for room in registry.of(User.objects.get(username="alice"))} == {*seed.ROOMS, "ops"}
    assert {room.name for room in registry.of(User.objects.get(username="bob"))} == set(seed.ROOMS)


@pytest.mark.usefixtures("demo_mode")
def test_no_link_of_the_demo_or_of_the_first_pages_is_dead(client: Client) -> None:
    call_command("demo", stdout=StringIO())
    client.force_login(User.objects.get(username="alice"))
    first = [page.text for page in pages() if page.path.stem in ("README", "quickstart")]
    links = set(re.findall(r'"url": "(/[^"]*)"', "".join(first)))
    links |= set(Notification.objects.filter(url__startswith="/").values_list("url", flat=True))

    assert links
    assert [link for link in sorted(links) if client.get(link).status_code != 200] == []


@pytest.mark.usefixtures("demo_mode")
def test_a_second_time_changes_nothing() -> None:
    def rows() -> list[list[dict[str, Any]]]:
        kinds: tuple[type[Model], ...] = (User, ApiKey, Grant, Notification, Room, Template, TopicPolicy)
        return [list(kind._default_manager.order_by("pk").values()) for kind in kinds]

    call_command("demo", stdout=StringIO())
    first = rows()

    call_command("demo", stdout=StringIO())

    assert rows() == first
