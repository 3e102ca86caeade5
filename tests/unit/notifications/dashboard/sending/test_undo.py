"""For ten seconds, or until it is due: taken back before anybody has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.models import AuditEntry, Notification, Sending
from notifications.sending import outbox
from notifications.sending.notify import notify
from tests.unit.notifications.dashboard.forms import acts, press, text


def test_within_ten_seconds_it_was_never_there(sender: Client) -> None:
    page = press(sender, "send", to="user:sender")["Location"]
    shown = sender.get(page)

    answer = sender.post(f"{page}undo", follow=True)

    row = Notification.objects.get()
    assert "Undo" in text(shown)
    assert "Recalled" in text(answer)
    assert (row.position, row.recalled_by) == (0, "sender")
    assert acts() == ["send", "undo"]
    assert AuditEntry.objects.get(act="undo").target == str(row.sending_id)


def test_what_is_due_later_is_cancelled(sender: Client) -> None:
    rows = notify(["user:sender"], "Later", send_at=timezone.now() + timedelta(hours=1))
    page = f"/dashboard/sent/{rows[0].sending_id}/"

    assert "Cancel" in text(sender.get(page))
    sender.post(f"{page}undo")

    assert Notification.objects.get().recalled_at is not None


def test_twice_is_once(sender: Client) -> None:
    page = press(sender, "send", to="user:sender")["Location"]

    sender.post(f"{page}undo")
    sender.post(f"{page}undo")

    assert acts() == ["send", "undo"]


@pytest.mark.django_db(transaction=True)
def test_when_it_has_gone_out_it_is_too_late(sender: Client) -> None:
    rows = notify(["user:sender"], "Now")

    answer = sender.post(f"/dashboard/sent/{rows[0].sending_id}/undo", follow=True)

    assert "Already sent. Recall it instead." in text(answer)
    assert Notification.objects.get().recalled_at is None
    assert acts() == []


def test_the_relay_lets_it_lie(sender: Client, person: Callable[[str], User]) -> None:
    page = press(sender, "send", to="user:sender")["Location"]
    sender.post(f"{page}undo")
    Notification.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    Sending.objects.update(due_at=timezone.now() - timedelta(minutes=1))

    assert outbox.relay_once() == 0
