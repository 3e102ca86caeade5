"""In the admin a key is revoked or deleted, for good; neither is done unseen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.access import api_keys
from notifications.models import ApiKey, AuditEntry, Sending
from notifications.sending.notify import notify

NOW = {"revoked_at_0": "2026-11-30", "revoked_at_1": "12:00:00"}


@pytest.fixture
def key(db: None) -> ApiKey:
    api_keys.create("ci", ["send"], opens_private=False, may_broadcast=False)
    return ApiKey.objects.get()


def change(client: Client, key: ApiKey, **form: str) -> None:
    path = reverse("admin:hub_notifications_apikey_change", args=[key.pk])
    assert client.post(path, form).status_code == 302
    key.refresh_from_db()


def noted() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(act="revoke-key").values_list("actor", "target"))


def test_a_revoked_key_stays_revoked(admin_client: Client, key: ApiKey) -> None:
    change(admin_client, key, **NOW)
    assert key.revoked_at is not None

    change(admin_client, key, revoked_at_0="", revoked_at_1="")

    assert key.revoked_at is not None
    assert noted() == [("admin", "ci")]


def test_a_key_is_not_made_wider(admin_client: Client, key: ApiKey) -> None:
    change(admin_client, key, opens_private="on", may_broadcast="on", scopes='["read"]', topics="[]")

    assert (key.opens_private, key.may_broadcast, key.scopes) == (False, False, ["send"])


def test_what_a_deleted_key_had_scheduled_is_held_and_the_deed_is_recorded(
    admin_client: Client, key: ApiKey
) -> None:
    User.objects.create_user("alice")
    notify(["user:alice"], "Later", send_at=timezone.now() + timedelta(hours=1), api_key=key)

    admin_client.post(reverse("admin:hub_notifications_apikey_delete", args=[key.pk]), {"post": "yes"})

    assert not ApiKey.objects.exists()
    assert Sending.objects.get().held_at is not None
    assert noted() == [("admin", "ci")]
