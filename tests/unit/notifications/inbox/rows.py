"""What lies in an inbox, and what its page shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from hub import topics
from notifications.models import Notification, Reading

NOW = timedelta(0)


def sent(to: User, title: str = "Build 512 is green", age: timedelta = NOW, **fields: Any) -> Notification:
    came = timezone.now() - age
    return Notification.objects.create(
        topic=topics.user(to.pk), title=title, created_at=came, due_at=came, **fields
    )


def page(client: Client, address: str = "/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def put_away(row: Notification, by: User) -> None:
    Reading.objects.create(user=by, notification=row, archived_at=timezone.now())
