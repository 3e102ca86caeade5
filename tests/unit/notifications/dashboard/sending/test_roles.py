"""Who may only look does nothing: each act is refused, nothing happens, nothing is in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.models import AuditEntry, Notification, Sending, Template
from notifications.sending.notify import notify

ACTS = (
    "send/",
    "sent/{sending}/undo",
    "sent/{sending}/stop",
    "sent/{sending}/recall",
    "scheduled/{sending}/now",
    "scheduled/{sending}/later",
    "templates/",
    "templates/{template}/",
    "templates/{template}/delete",
)


@pytest.fixture
def waiting(db: None) -> Sending:
    """To everyone, in an hour."""
    rows = notify(["everyone"], "Later", send_at=timezone.now() + timedelta(hours=1))
    assert rows[0].sending
    return rows[0].sending


@pytest.fixture
def template(db: None) -> Template:
    return Template.objects.create(name="Build", title="Build {n}")


def everything() -> list[Any]:
    kinds = (Sending, Notification, Template, AuditEntry)
    return [list(kind._default_manager.order_by("pk").values()) for kind in kinds]


@pytest.mark.parametrize("act", ACTS)
def test_a_viewer_is_refused(viewer: Client, waiting: Sending, template: Template, act: str) -> None:
    before = everything()
    form = {"act": "send", "to": "user:viewer", "title": "x", "name": "x", "severity": "info"}

    answer = viewer.post(f"/dashboard/{act.format(sending=waiting.pk, template=template.pk)}", form)

    assert answer.status_code == 403
    assert everything() == before


@pytest.mark.parametrize("act", [act for act in ACTS if "{sending}" in act])
def test_what_went_to_everyone_is_not_for_a_sender_to_take_back(
    sender: Client, waiting: Sending, act: str
) -> None:
    before = everything()
    path = f"/dashboard/{act.format(sending=waiting.pk)}"

    answer = sender.post(path, {"send_at": "2040-01-01T00:00", "zone": "UTC"})

    assert answer.status_code == 403
    assert "broadcast" in answer.content.decode()
    assert everything() == before


def test_a_broadcaster_may(broadcaster: Client, waiting: Sending) -> None:
    broadcaster.post(f"/dashboard/sent/{waiting.pk}/undo")

    assert Notification.objects.get().recalled_by == "broadcaster"


@pytest.mark.parametrize("path", ["send/", "templates/"])
def test_a_viewer_does_not_come_to_the_pages_of_senders(viewer: Client, path: str) -> None:
    assert viewer.get(f"/dashboard/{path}").status_code == 403


@pytest.mark.parametrize("path", ["sent/", "scheduled/", "segments/"])
def test_a_viewer_looks_at_the_others(viewer: Client, path: str) -> None:
    assert viewer.get(f"/dashboard/{path}").status_code == 200


def test_who_is_not_on_the_staff_comes_nowhere(
    person: Callable[[str], User], waiting: Sending, template: Template
) -> None:
    client = Client()
    client.force_login(person("alice"))

    for path in ("send/", "sent/", "scheduled/", "templates/", "segments/", f"sent/{waiting.pk}/"):
        assert client.get(f"/dashboard/{path}").status_code == 403


def test_a_form_of_another_site_is_refused(staff: Callable[..., Client], waiting: Sending) -> None:
    staff("boss", "view", "send", "broadcast")
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="boss"))

    answer = client.post(f"/dashboard/sent/{waiting.pk}/recall")

    assert answer.status_code == 403
    assert Notification.objects.get().recalled_at is None
