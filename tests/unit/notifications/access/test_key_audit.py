"""What a key sends to everyone is in the audit log, as what staff send is."""

from __future__ import annotations

import pytest

from notifications.models import AuditEntry, Sending
from tests.unit.notifications.conftest import Caller


@pytest.mark.usefixtures("alice")
def test_a_broadcast_is_recorded_with_the_key_and_where_it_came_from(program: Caller) -> None:
    program.post("notifications", {"to": ["everyone"], "title": "Maintenance"})

    entry = AuditEntry.objects.get(act="send")
    assert entry.actor.startswith("key:")
    assert entry.target == str(Sending.objects.get().pk)
    assert entry.detail == {"to": ["everyone"], "title": "Maintenance"}
    assert entry.address == "127.0.0.1"


@pytest.mark.usefixtures("alice")
def test_what_goes_to_one_person_is_not(program: Caller) -> None:
    program.post("notifications", {"to": ["user:alice"], "title": "Hello"})

    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_one_that_is_refused_is_not(program: Caller) -> None:
    program.post("notifications", {"to": ["everyone"], "title": ""})

    assert not AuditEntry.objects.exists()
