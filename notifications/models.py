"""The rows. A notification is one row whatever its audience; it names a topic, not its readers."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hub import kinds, protocol, topics

MAX_TITLE = 255  # characters
ROOM_NAME = r"[a-z0-9][a-z0-9-]{0,63}"
CATEGORY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}|")  # none is one as well
# What no text of ours may bear: NUL and its kin (PostgreSQL refuses the first), lone surrogates.
UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def time_ordered_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562, 5.7): opaque, and kind to an index."""
    number = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10))
    number = number & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=number & ~(0x3 << 62) | 0x2 << 62)


def visible(now: datetime, prefix: str = "") -> Q:
    """Due, not expired, not recalled; ``prefix`` leads to the notification from another model."""
    unexpired = Q(**{f"{prefix}expires_at": None}) | Q(**{f"{prefix}expires_at__gt": now})
    return unexpired & Q(**{f"{prefix}due_at__lte": now, f"{prefix}recalled_at": None})


class NotificationQuerySet(models.QuerySet["Notification"]):
    def inbox(self, own: Collection[str], since: datetime) -> NotificationQuerySet:
        """What a person finds: on their topics, and not from before they came."""
        return self.filter(visible(timezone.now()), topic__in=own, due_at__gte=since)

    def unpublished(self, grace: timedelta) -> NotificationQuerySet:
        """Committed, due, and not in the log although whoever committed it had the time."""
        return self.filter(position=None, due_at__lte=timezone.now() - grace).order_by("due_at", "id")


class Notification(models.Model):
    """The row is the outbox: without a ``position`` it is still to be published.

    A recall takes the position away again, so that it is published too.
    """

    class Severity(models.TextChoices):
        INFO = "info"
        SUCCESS = "success"
        WARNING = "warning"
        ERROR = "error"
        CRITICAL = "critical"

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    topic = models.CharField(max_length=topics.MAX_LENGTH)
    title = models.CharField(max_length=MAX_TITLE)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=2000, blank=True)
    category = models.CharField(max_length=64, blank=True)
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.INFO)
    key = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    recalled_at = models.DateTimeField(null=True, blank=True, editable=False)
    position = models.BigIntegerField(null=True, blank=True, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=["topic", "-due_at", "-id"], name="notification_inbox"),
            models.Index(fields=["topic", "position"], name="notification_recovery"),
            models.Index(fields=["due_at"], name="notification_outbox", condition=Q(position=None)),
            models.Index(fields=["topic", "key"], name="notification_key", condition=~Q(key="")),
        )
        ordering = ("-due_at", "-id")

    def __str__(self) -> str:
        return f"{self.title} → {self.topic}"


class Reading(models.Model):
    """That a person saw, read or put away a notification."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="readings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint("user", "notification", name="one_reading_each"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.notification}"


class Preference(models.Model):
    """What a person chose otherwise than everybody has it; what is not named here is on."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preference"
    )
    choices = models.JSONField(default=dict)  # category → {feed, toast}
    quiet_hours = models.JSONField(null=True)  # {start, end, zone}

    def __str__(self) -> str:
        return f"{self.user}"


def valid_live_topic(topic: str) -> None:
    try:
        topics.check_live(topic)
    except topics.BadTopic as bad:
        raise ValidationError(str(bad)) from None


class Subscription(models.Model):
    """A topic that a person follows: its notifications are in their inbox."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    topic = models.CharField(max_length=topics.MAX_LENGTH, validators=[valid_live_topic])

    class Meta:
        constraints = (models.UniqueConstraint("user", "topic", name="one_subscription_each"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.topic}"


class Grant(models.Model):
    """That a group, or every signed-in person, may read a live topic, or all that begin with …*."""

    pattern = models.CharField(
        max_length=topics.MAX_LENGTH, help_text="A topic, or a beginning and *: repo-*"
    )
    group = models.ForeignKey(
        "auth.Group", on_delete=models.CASCADE, null=True, blank=True, help_text="Empty: everybody signed in."
    )

    def __str__(self) -> str:
        return f"{self.pattern} · {self.group or 'everybody'}"

    def covers(self, topic: str) -> bool:
        if self.pattern.endswith("*"):
            return topic.startswith(self.pattern[:-1])
        return topic == self.pattern


def valid_kind(kind: str) -> None:
    if kind not in kinds.kinds():
        raise ValidationError(f"There is no kind {kind[:40]!r}: use one of {', '.join(kinds.kinds())}.")


class Room(models.Model):
    """Where people talk, and who may: everybody, those of a group, or the people named."""

    class Audience(models.TextChoices):
        EVERYONE = "everyone"
        GROUP = "group"
        PEOPLE = "people"

    name = models.CharField(max_length=64, unique=True, validators=[RegexValidator(rf"^{ROOM_NAME}\Z")])
    kind = models.CharField(max_length=32, default="chat", validators=[valid_kind])
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.EVERYONE)
    group = models.ForeignKey(
        "auth.Group", on_delete=models.SET_NULL, null=True, blank=True, help_text="If it is for a group."
    )
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", help_text="If it is for people."
    )

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Line(models.Model):
    """What was said in a room: a copy of the log's, by position."""

    topic = models.CharField(max_length=topics.MAX_LENGTH)
    position = models.BigIntegerField()
    sender = models.CharField(max_length=64)  # a person's id
    name = models.CharField(max_length=150)
    line_id = models.CharField(max_length=protocol.MAX_ID)
    body = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint("topic", "position", name="one_line_a_position"),)

    def __str__(self) -> str:
        return f"{self.name} → {self.topic}"


class ApiKey(models.Model):
    """A program's key. Only its digest is kept."""

    name = models.CharField(max_length=100, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """What a one-time ticket stands for; the row goes when the ticket is used."""

    digest = models.CharField(max_length=64, primary_key=True)
    claims = models.JSONField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"ticket until {self.expires_at}"


class IdempotentRequest(models.Model):
    """An `Idempotency-Key` that was used. Without an answer the request is still running."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint("api_key", "key", name="one_request_a_key"),)

    def __str__(self) -> str:
        return self.key
