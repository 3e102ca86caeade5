"""`manage.py forget` asks before it erases, and the admin erases as it does."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from notifications import erasure
from notifications.access import api_keys
from notifications.inbox import read_state
from notifications.models import (
    ApiKey,
    AuditEntry,
    Delivery,
    Notification,
    Room,
    RoomMessage,
    Sending,
    Watermark,
)
from notifications.sending.notify import notify
from notifications.tracking.id_bitmap import IdBitmap

pytestmark = pytest.mark.django_db


@pytest.fixture
def erin(db: None) -> User:
    return User.objects.create_user("erin", password="demo")


def test_a_dry_run_tells_and_erases_nothing(erin: User, capsys: pytest.CaptureFixture[str]) -> None:
    notify(["user:erin"], "Hello")

    call_command("forget", "erin", "--dry-run")

    output = capsys.readouterr().out
    assert "1  notifications" in output
    assert "nothing was erased" in output
    assert User.objects.filter(username="erin").exists()


def test_another_name_typed_erases_nothing(erin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: "erik")

    with pytest.raises(CommandError, match="nothing was erased"):
        call_command("forget", "erin")

    assert User.objects.filter(username="erin").exists()


def test_the_name_typed_erases(erin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: "erin")

    call_command("forget", "erin", verbosity=0)

    assert not User.objects.filter(username="erin").exists()
    entry = AuditEntry.objects.get(act="forget")
    assert (entry.actor, entry.target) == ("command", "")
    assert "erin" not in str(entry.detail)


def test_someone_who_is_not_there_is_not_erased() -> None:
    with pytest.raises(CommandError, match="No user"):
        call_command("forget", "erin", "--yes")


def test_what_was_sent_to_others_too_stays_without_the_name(erin: User) -> None:
    User.objects.create_user("bob")
    notify(["user:erin", "user:bob"], "For two", sender="erin")
    notify(["user:erin"], "For one", sender="bob")

    erasure.forget(erin)

    sending = Sending.objects.get()
    assert (sending.title, sending.to, sending.sender) == ("For two", ["user:—", "user:bob"], "—")
    assert Notification.objects.count() == 1


def test_a_bid_keeps_its_sum_and_a_message_its_place(erin: User) -> None:
    room, now = Room.objects.create(name="sale"), timezone.now()
    for position, body in enumerate(["hello", {"bid": 12, "note": "mine"}]):
        RoomMessage.objects.create(
            room=room, position=position, sender=str(erin.pk), name="erin", message_id="a", body=body, at=now
        )

    erasure.forget(erin)

    assert [line.body for line in RoomMessage.objects.order_by("position")] == ["—", {"bid": 12, "note": "—"}]
    assert {(line.sender, line.name) for line in RoomMessage.objects.all()} == {("0", "—")}


def test_a_delivery_counts_one_fewer(erin: User) -> None:
    (row,) = notify(["everyone"], "Hello")
    bitmap = IdBitmap([erin.pk, erin.pk + 1])
    now = timezone.now()
    Delivery.objects.create(notification=row, instance="a", at=now, late=False, people=bitmap.pack(), size=2)
    id = erin.pk

    erasure.forget(erin)

    delivery = Delivery.objects.get()
    assert (IdBitmap.holds(delivery.people, id), delivery.size) == (False, 1)


def test_watermarks_are_read_states_too(erin: User) -> None:
    (row,) = notify(["everyone"], "Hello")
    Notification.objects.filter(pk=row.pk).update(position=1)
    read_state.read_all(erin)

    assert erasure.forget(erin)["read states"] == 1
    assert not Watermark.objects.exists()


def test_a_key_for_their_inbox_alone_opens_nothing_more(erin: User) -> None:
    api_keys.create("hers", ["send"], topics=["user:erin"])

    erasure.forget(erin)

    assert ApiKey.objects.get().topics == ["user-0"]


def test_begun_twice_it_goes_on(erin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    notify(["user:erin"], "Hello")
    monkeypatch.setattr(User, "delete", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        erasure.forget(erin)
    monkeypatch.undo()

    erasure.forget(User.objects.get(username="erin"))

    assert not User.objects.filter(username="erin").exists()


@pytest.mark.parametrize("way", ["one", "many"])
def test_a_person_who_is_deleted_in_the_admin_is_erased(admin_client: Client, erin: User, way: str) -> None:
    notify(["user:erin"], "Hello")
    one = f"/admin/auth/user/{erin.pk}/delete/"
    many: dict[str, Any] = {"action": "delete_selected", "_selected_action": [erin.pk], "post": "yes"}

    answer = (
        admin_client.post(one, {"post": "yes"})
        if way == "one"
        else admin_client.post("/admin/auth/user/", many)
    )

    assert answer.status_code == 302
    assert not User.objects.filter(username="erin").exists()
    assert not Notification.objects.exists()
    assert AuditEntry.objects.get(act="forget").actor == "admin"
