"""The admin shows every row, and makes or changes none that has a door of its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.access import api_keys, tokens
from notifications.inbox import read_state
from notifications.models import (
    ApiKey,
    AuditEntry,
    Delivery,
    Grant,
    IdempotentRequest,
    Notification,
    Preference,
    PreferenceChange,
    Reading,
    Room,
    RoomMessage,
    Sending,
    Subscription,
    Template,
    Ticket,
    Watermark,
)
from notifications.sending.notify import notify


@pytest.fixture
def rows(admin_user: User) -> list[object]:
    """One row of each kind."""
    (row,) = notify(["everyone"], "Hello")
    read_state.read(admin_user, row.pk)
    now = timezone.now()
    Watermark.objects.create(user=admin_user, topic="everyone", read=True, after=0, upto=1, since=now, at=now)
    api_keys.create("ci", ["send"])
    tokens.issue(admin_user, [], 60)
    IdempotentRequest.objects.create(api_key=ApiKey.objects.get(), key="a", digest="b")
    Subscription.objects.create(user=admin_user, topic="releases")
    Grant.objects.create(pattern="job-*")
    Preference.objects.create(user=admin_user)
    lobby = Room.objects.create(name="lobby")
    RoomMessage.objects.create(room=lobby, position=1, sender="1", name="ann", body="hi", at=now)
    Delivery.objects.create(notification=row, instance="hub-1", at=now, late=False, people=b"", size=0)
    PreferenceChange.objects.create(user=admin_user, choices={})
    Template.objects.create(name="release", title="{name} is out")
    AuditEntry.objects.create(actor="ann", act="drain", target="hub-1")
    rights = (Subscription, Grant, Room)
    made = (
        Sending,
        Notification,
        Reading,
        Watermark,
        Delivery,
        Preference,
        PreferenceChange,
        Template,
        ApiKey,
    )
    kinds = (*rights, *made, Ticket, IdempotentRequest, RoomMessage, AuditEntry)
    return [kind._default_manager.get() for kind in kinds]


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

    assert "Unknown kind &#x27;shouting&#x27;" in page
    assert not Room.objects.exists()


def test_a_room_keeps_its_name_and_kind(admin_client: Client) -> None:
    room = Room.objects.create(name="lobby")

    admin_client.post(path(room, "change", room.pk), {"name": "x", "kind": "board", "audience": "people"})

    room.refresh_from_db()
    assert (room.name, room.kind, room.audience) == ("lobby", "chat", "people")


def test_no_one_deletes_what_was_recorded(admin_client: Client, rows: list[object]) -> None:
    refused = {type(row) for row in rows if admin_client.get(path(row, "delete", row.pk)).status_code == 403}  # type: ignore[attr-defined]

    assert refused == {AuditEntry}


def test_no_list_asks_once_a_row(
    admin_client: Client, rows: list[object], django_assert_max_num_queries: Any
) -> None:
    for row in rows:
        with django_assert_max_num_queries(9):
            admin_client.get(path(row, "changelist"))


def test_a_person_is_removed_from_a_room_here_too(admin_client: Client, admin_user: User) -> None:
    room = Room.objects.create(name="lobby")

    form = {"audience": "everyone", "removed": [admin_user.pk]}
    admin_client.post(path(room, "change", room.pk), form)

    assert list(room.removed.all()) == [admin_user]
