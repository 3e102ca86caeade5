"""A revoked key is refused by every instance as soon as it is told."""

from __future__ import annotations

import time

import pytest

from hub.delivery import revocation
from hub.delivery.control_bus import ControlBus
from hub.delivery.revocation import Revocation
from hub.errors import Problem
from hub.events import Event
from notifications.access import api_keys
from notifications.application import Notifications
from notifications.models import ApiKey

pytestmark = pytest.mark.django_db


def told(name: str) -> None:
    control = ControlBus()
    Revocation(control, [], Notifications())
    draft = revocation.recheck(name)
    control.tap(Event(1, 0, draft.topic, draft.type, draft.body))


def test_a_cached_key_is_looked_up_again_after_a_recheck() -> None:
    text = api_keys.create("ci", ["send"])
    key = api_keys.check(text, "send")
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=key.created_at)  # by another instance
    assert api_keys.check(text, "send") == key

    told(f"key-{key.pk}")

    with pytest.raises(Problem, match="revoked"):
        api_keys.check(text, "send")


def test_without_a_recheck_a_key_is_cached_for_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    text = api_keys.create("ci", ["send"])
    key = api_keys.check(text, "send")
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=key.created_at)
    later = time.monotonic() + api_keys.CACHE_S + 0.01
    monkeypatch.setattr(time, "monotonic", lambda: later)

    with pytest.raises(Problem, match="revoked"):
        api_keys.check(text, "send")
