"""A notification, and what each person made of it."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property

from hub import topics
from notifications.models.person import arrived

MAX_TITLE = 255  # characters
MAX_FAILURE = 200  # characters
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # the due date of a held notification
REPLACED = "replaced"  # the reason of a recall by a later notification with the same key
CATEGORY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}|")  # none is one as well
# What no text of ours may bear: NUL and its kin (PostgreSQL refuses the first), lone surrogates.
UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def time_ordered_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562, 5.7 and 6.2, method 3): opaque, kind to an index, and in the order in
    which one process makes them, to a quarter of a microsecond."""
    ms, ns = divmod(time.time_ns(), 1_000_000)
    order = ms << 16 | 0x7 << 12 | (ns << 12) // 1_000_000
    return uuid.UUID(int=order << 64 | 0x2 << 62 | int.from_bytes(os.urandom(8)) >> 2)


def visible(now: datetime, prefix: str = "") -> Q:
    """Due, not expired, not recalled; ``prefix`` leads to the notification from another model."""
    unexpired = Q(**{f"{prefix}expires_at": None}) | Q(**{f"{prefix}expires_at__gt": now})
    return unexpired & Q(**{f"{prefix}due_at__lte": now, f"{prefix}recalled_at": None})


class NotificationQuerySet(models.QuerySet["Notification"]):
    def inbox(self, own: Collection[str], user: User) -> NotificationQuerySet:
        """What a person finds: of what is for them, what is due, not expired and not recalled."""
        return self.meant(own, user).filter(visible(timezone.now()))

    def meant(self, own: Collection[str], user: User) -> NotificationQuerySet:
        """On a person's topics, and not from before they came, or came to a topic."""
        theirs = arrived(user.pk, "topic", "due_at")
        return self.filter(theirs, topic__in=own, due_at__gte=user.date_joined)

    def unpublished(self, grace: timedelta) -> NotificationQuerySet:
        """Committed, due, and not in the log: scheduled, or whoever committed it had the time."""
        now = timezone.now()
        late = Q(due_at__lte=now - grace) | Q(due_at__lte=now, due_at__gt=F("created_at"))
        return self.filter(late, position=None).order_by("due_at", "id")


class Sending(models.Model):
    """One act of sending: the notifications that were made by it, one a topic."""

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    sender = models.CharField(max_length=150, blank=True)  # a username, key:<name>, or command
    api_key = models.ForeignKey(
        "hub_notifications.ApiKey", on_delete=models.SET_NULL, null=True, related_name="sendings"
    )
    to = models.JSONField()  # the addresses, as they were given
    title = models.CharField(max_length=MAX_TITLE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(default=timezone.now)
    # Whose key was revoked before it was due: its rows are due at `NEVER` until somebody decides.
    held_at = models.DateTimeField(null=True)
    held_by = models.CharField(max_length=150, blank=True, db_default="")

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["due_at"], name="sending_due"),
            models.Index(fields=["due_at"], name="sending_held", condition=Q(held_at__isnull=False)),
        )
        permissions = (
            ("view_dashboard", "May look at the dashboard"),
            ("send_notification", "May send to people, and to crowds up to the threshold"),
            ("broadcast_notification", "May send to everyone, and to any crowd"),
            ("manage_hub", "May manage instances, connections, rooms, keys and people's preferences"),
        )

    def __str__(self) -> str:
        return self.title


class Notification(models.Model):
    """The row is the outbox: without a ``position`` it is still to be published.

    A recall takes the position away again, so that it is published too; recalled before it was due,
    it was never there, and its position is 0. It is 0 as well, with ``failed_at`` and a ``failure`` that says
    why, if no event can carry it: it lies in the inbox, and no feed is told.
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
    sending = models.ForeignKey(Sending, on_delete=models.CASCADE, null=True, related_name="notifications")
    recalled_at = models.DateTimeField(null=True, blank=True, editable=False)
    recalled_by = models.CharField(max_length=150, blank=True, editable=False, db_default="")
    recall_reason = models.CharField(max_length=200, blank=True, editable=False, db_default="")
    position = models.BigIntegerField(null=True, blank=True, editable=False)
    failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    failure = models.CharField(max_length=MAX_FAILURE, blank=True, editable=False, db_default="")

    objects = NotificationQuerySet.as_manager()

    @cached_property
    def group(self) -> str | None:
        """The name of the group it is for; `notifications.access.names.name` asks for many rows at once."""
        id = topics.group_id(self.topic)
        return None if id is None else Group.objects.filter(pk=id).values_list("name", flat=True).first()

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
    clicked_at = models.DateTimeField(null=True)  # that its link was followed
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint("user", "notification", name="one_reading_each"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.notification}"


class Delivery(models.Model):
    """To whom an instance gave a notification at one moment: a row for all of them, however many."""

    # Without a constraint: a row that is gone by now must not cost the others their record.
    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, db_constraint=False, related_name="deliveries"
    )
    instance = models.CharField(max_length=255)
    at = models.DateTimeField()
    late = models.BooleanField()  # given by a replay, to those who came back
    people = models.BinaryField()  # a packed `IdBitmap`
    size = models.IntegerField()

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.notification} → {self.size} on {self.instance}"
