"""An act that the database rolls back for the sake of another transaction is done again, and audited once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from hub.log import Log
from notifications.access import api_keys
from notifications.models import ApiKey, AuditEntry
from notifications.sending.notify import notify
from tests.unit.notifications.refusals import refused_updates

pytestmark = pytest.mark.django_db(transaction=True)

LATER = {"send_at": "2099-01-31T09:00", "zone": "UTC"}


def scheduled(key: ApiKey | None = None) -> UUID:
    (row,) = notify(["user:sender"], "Later", send_at=timezone.now() + timedelta(hours=1), api_key=key)
    assert row.sending_id
    return row.sending_id


def held() -> UUID:
    User.objects.get_or_create(username="sender")
    api_keys.create("ci", ["send"])
    id = scheduled(ApiKey.objects.get(name="ci"))
    api_keys.revoke("ci", "boss")
    return id


@pytest.mark.parametrize(
    ("act", "path", "form"),
    [
        ("undo", "sent/{}/undo", {}),
        ("stop", "sent/{}/stop", {"reason": "wrong"}),
        ("recall", "sent/{}/recall", {"reason": "wrong"}),
        ("reschedule", "scheduled/{}/later", LATER),
        ("reschedule", "scheduled/{}/now", {}),
    ],
)
def test_of_a_scheduled_sending(
    sender: Client, live_log: Log, act: str, path: str, form: dict[str, str]
) -> None:
    id = scheduled()

    with refused_updates(2):
        answer = sender.post(f"/dashboard/{path.format(id)}", form)

    assert answer.status_code == 302
    assert audited(id) == [act]


@pytest.mark.parametrize("act", ["release", "recall"])
def test_of_a_held_sending(sender: Client, live_log: Log, act: str) -> None:
    id = held()

    with refused_updates(2):
        answer = sender.post(f"/dashboard/scheduled/{id}/{act}")

    assert answer.status_code == 302
    assert audited(id) == [act]


def audited(id: UUID) -> list[str]:
    return list(AuditEntry.objects.filter(target=str(id)).values_list("act", flat=True))
