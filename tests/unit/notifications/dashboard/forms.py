"""What a browser sends from the page compose."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from notifications.models import AuditEntry, Notification, Sending

COMPOSE = "/dashboard/send/"


def draft(client: Client, **fields: str) -> dict[str, str]:
    """A form as the page gives it, with these fields filled in."""
    page = client.get(COMPOSE).content.decode()
    found = re.search(r'name="id" value="([^"]+)"', page)
    assert found
    return {"id": found[1], "zone": "UTC", "title": "Hello", "severity": "info", "to": "everyone", **fields}


def press(client: Client, act: str, **fields: str) -> Any:
    return client.post(COMPOSE, {**draft(client, **fields), "act": act})


def text(answer: Any) -> str:
    """The text of a page, its tags and what is between two words left out."""
    page: str = answer.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def acts() -> list[str]:
    """What the audit log says was done, in order."""
    return list(AuditEntry.objects.order_by("id").values_list("act", flat=True))


def nothing_done() -> bool:
    return not (Sending.objects.exists() or Notification.objects.exists() or AuditEntry.objects.exists())
