"""The users, rights, rooms, templates, topic policies and notifications of the demo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from hub import topics
from notifications import user_model
from notifications.access import api_keys, users
from notifications.access.policies import rows
from notifications.demo.scenes.catalogue import SCENES
from notifications.demo.scenes.order_status import ORDER_SCENE, PREFIX
from notifications.models import ApiKey, Arrival, Grant, Notification, Room, Template, TopicPolicy
from notifications.sending.addresses import resolve

PEOPLE = ("admin", "alice", "bob", "carol")
OPS = ("admin", "alice")
PASSWORD = KEY = "demo"  # noqa: S105
KEY_TEXT = "demo-key"
PATTERNS = ("repo-*", "job-*")
MAX_READERS = 100  # of the gallery's orders, each of their own
ROOMS = {name: name for name in ("json", "board", "auction", "device", "binary", "voice")}
ROOMS |= {"lobby": "chat", "notes": "document"}

TEMPLATES: dict[str, dict[str, str]] = {
    "Release": {
        "title": "{service} {version} is out",
        "body": "New in {version}: {what}",
        "category": "deploys",
        "severity": "success",
    },
    "Maintenance": {
        "title": "Maintenance on {day}, {from} to {to} UTC",
        "body": "Pages may be read but not changed. Live feeds reconnect by themselves.",
        "category": "maintenance",
        "severity": "warning",
    },
}

NOTIFICATIONS = Path(__file__).with_name("demo.json")


@transaction.atomic
def make() -> None:
    """Create what is missing."""
    ops, _ = Group.objects.get_or_create(name="ops")
    joined = timezone.now() - timedelta(days=30)  # before the first notification
    for name in PEOPLE:
        if users.named(name) is None:
            admin = name == "admin"
            get_user_model().objects.create_user(
                name, password=PASSWORD, is_staff=admin, is_superuser=admin, date_joined=joined
            )
    members = user_model.named(OPS).exclude(groups=ops)
    joining = Arrival.objects.filter(user__in=list(members), topic=topics.group(ops.pk))
    ops.user_set.add(*members)
    joining.update(since=joined)
    if not ApiKey.objects.filter(name=KEY).exists():
        api_keys.create(KEY, api_keys.SCOPES, KEY_TEXT)
    for pattern in PATTERNS:
        Grant.objects.get_or_create(pattern=pattern, group=None)
    known = set(TopicPolicy.objects.values_list("pattern", flat=True))
    for policy in policies():
        if policy["pattern"] not in known:
            with suppress(rows.PolicyFixed):  # by HUB_TOPICS
                rows.put(rows.check(policy))
    for name, kind in ROOMS.items():
        Room.objects.get_or_create(name=name, defaults={"kind": kind})
    Room.objects.get_or_create(name="ops", defaults={"audience": Room.Audience.GROUP, "group": ops})
    for name, fields in TEMPLATES.items():
        Template.objects.get_or_create(name=name, defaults=fields)
    for number, fields in enumerate(json.loads(NOTIFICATIONS.read_text(encoding="utf-8"))):
        at = timezone.now() - timedelta(hours=fields.pop("hours_ago"))
        topic = resolve([fields.pop("to")])[0]
        Notification.objects.get_or_create(
            topic=topic, key=f"demo-{number}", defaults={**fields, "created_at": at, "due_at": at}
        )


def policies() -> Iterator[dict[str, Any]]:
    """The policies of the gallery's topics, as JSON."""
    for scene in SCENES:
        yield {"pattern": scene.pattern, **scene.policy}
    for user in user_model.active_users().order_by("pk")[:MAX_READERS]:
        own = {"pattern": f"{PREFIX}{user.pk}", "read": [f"user:{user.get_username()}"]}
        yield {**ORDER_SCENE.policy, **own}
