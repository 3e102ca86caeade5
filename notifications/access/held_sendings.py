"""Sendings that a key had scheduled when it was revoked: held until staff release or recall them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.signals import post_save, pre_delete
from django.utils import timezone

from notifications.models import NEVER, ApiKey, Notification, Sending


def hold(key: ApiKey, by: str) -> int:
    """Hold the sendings of a key that are not due yet; return how many. Held rows are due at `NEVER`."""
    now = timezone.now()
    with transaction.atomic():
        scheduled = Sending.objects.select_for_update().filter(api_key=key, due_at__gt=now, held_at=None)
        ids = list(scheduled.values_list("pk", flat=True))
        waiting = Notification.objects.filter(sending__in=ids, position=None, recalled_at=None)
        held = set(waiting.select_for_update().order_by("pk").values_list("sending_id", flat=True))
        waiting.update(due_at=NEVER)
        Sending.objects.filter(pk__in=held).update(held_at=now, held_by=by)
    return len(held)


def connect_signals() -> None:
    """Hold the sendings of keys that end in another way too, as in the admin."""
    post_save.connect(_saved, sender=ApiKey, dispatch_uid="hub.key_ended")
    pre_delete.connect(_deleted, sender=ApiKey, dispatch_uid="hub.key_removed")


def _saved(sender: Any, instance: ApiKey, **kwargs: Any) -> None:
    if instance.revoked_at is not None:
        hold(instance, "")


def _deleted(sender: Any, instance: ApiKey, **kwargs: Any) -> None:
    hold(instance, "")
