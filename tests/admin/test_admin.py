"""The admin shows every row, and makes or changes none that has a door of its own."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications import keys, reading, tokens
from notifications.models import (
    ApiKey,
    Grant,
    IdempotentRequest,
    Line,
    Notification,
    Preference,
    Reading,
    Room,
    Subscription,
    Ticket,
)
from notifications.notify import notify


@pytest.fixture
def rows(admin_user: User) -> list[object]:
    """One row of each kind."""
    (row,) = notify(["everyone"], "Hello")
    reading.read(admin_user, row.pk)
    keys.create("ci", ["send"])
    tokens.issue(admin_user, [], [], 60)
    IdempotentRequest.objects.create(api_key=ApiKey.objects.get(), key="a", digest="b")
    Subscription.objects.create(user=admin_user, topic="releases")
    Grant.objects.create(pattern="job-*")
    Preference.objects.create(user=admin_user)
    Room.objects.create(name="lobby")
    Line.objects.create(topic="room-lobby", position=1, sender="1", name="ann", body="hi", at=timezone.now())
    kinds = (Notification, Reading, Preference, ApiKey, Ticket, IdempotentRequest, Subscription, Grant, Room)
    return [kind._default_manager.get() for kind in (*kinds, Line)]


def path(row: object, action: str, *args: object) -> str:
    return reverse(f"admin:hub_notifications_{type(row).__name__.lower()}_{action}", args=args)


def test_each_kind_is_listed_and_each_row_opens(admin_client: Client, rows: list[Notification]) -> None:
    for row in rows:
        assert admin_client.get(path(row, "changelist")).status_code == 200
        assert admin_client.get(path(row, "change", row.pk)).status_code == 200


def test_only_rights_are_made_here(admin_client: Client, rows: list[object]) -> None:
    made = {type(row) for row in rows if admin_client.get(path(row, "add")).status_code == 200}

    assert made == {Subscription, Grant, Room}


def test_no_secret_is_shown(admin_client: Client, rows: list[ApiKey]) -> None:
    for row in rows:
        page = admin_client.get(path(row, "change", row.pk)).content.decode()
        assert ApiKey.objects.get().digest not in page
        assert Ticket.objects.get().digest not in page.replace(str(row.pk), "")


def test_a_room_of_no_known_kind_or_name_is_not_made(admin_client: Client) -> None:
    form = {"name": "The lobby", "kind": "shouting", "audience": "everyone"}

    page = admin_client.post(reverse("admin:hub_notifications_room_add"), form).content.decode()

    assert "There is no kind &#x27;shouting&#x27;" in page
    assert not Room.objects.exists()


def test_a_room_keeps_its_name_and_kind(admin_client: Client) -> None:
    room = Room.objects.create(name="lobby")

    admin_client.post(path(room, "change", room.pk), {"name": "x", "kind": "board", "audience": "people"})

    room.refresh_from_db()
    assert (room.name, room.kind, room.audience) == ("lobby", "chat", "people")
