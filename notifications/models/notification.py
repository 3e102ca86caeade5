"""Notifications, the sendings that create them, read states and deliveries."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property

from hub import topics
from notifications.models.person import arrived
from notifications.user_model import MAX_NAME, User, joined_at

MAX_TITLE = 255  # characters
MAX_FAILURE = 200  # characters
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # the due date of a held notification
REPLACED = "replaced"  # the reason of a recall by a later notification with the same key
CATEGORY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}|")  # may be empty
# Characters that no text may contain: control characters (PostgreSQL refuses NUL), lone surrogates.
UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def time_ordered_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562, 5.7 and 6.2, method 3): ordered by time of creation within a process, to
    a quarter of a microsecond, and so index-friendly."""
    ms, ns = divmod(time.time_ns(), 1_000_000)
    order = ms << 16 | 0x7 << 12 | (ns << 12) // 1_000_000
    return uuid.UUID(int=order << 64 | 0x2 << 62 | int.from_bytes(os.urandom(8)) >> 2)


def visible(now: datetime, prefix: str = "") -> Q:
    """Due, not expired and not recalled; ``prefix`` is the path to the notification from another model."""
    unexpired = Q(**{f"{prefix}expires_at": None}) | Q(**{f"{prefix}expires_at__gt": now})
    return unexpired & Q(**{f"{prefix}due_at__lte": now, f"{prefix}recalled_at": None})


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Filters for inboxes and for the outbox."""

    def inbox(self, own: Collection[str], user: User) -> NotificationQuerySet:
        """What a user's inbox shows: `meant` for them, due, not expired and not recalled."""
        return self.meant(own, user).filter(visible(timezone.now()))

    def meant(self, own: Collection[str], user: User) -> NotificationQuerySet:
        """On a user's topics, due after they joined the hub and the topic."""
        since_arrival = arrived(user.pk, "topic", "due_at")
        return self.filter(since_arrival, topic__in=own, due_at__gte=joined_at(user))

    def unpublished(self, grace: timedelta) -> NotificationQuerySet:
        """Committed and due, but not in the log: scheduled, or ``grace`` has passed since the commit."""
        now = timezone.now()
        late = Q(due_at__lte=now - grace) | Q(due_at__lte=now, due_at__gt=F("created_at"))
        return self.filter(late, position=None).order_by("due_at", "id")


class Sending(models.Model):
    """One act of sending, which creates one notification per topic."""

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    sender = models.CharField(max_length=MAX_NAME, blank=True)  # a username, key:<name> or command
    api_key = models.ForeignKey(
        "hub_notifications.ApiKey", on_delete=models.SET_NULL, null=True, related_name="sendings"
    )
    to = models.JSONField()  # the addresses as given
    title = models.CharField(max_length=MAX_TITLE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(default=timezone.now)
    # Held, because the key was revoked before it was due: its rows are due at `NEVER` until staff decide.
    held_at = models.DateTimeField(null=True)
    held_by = models.CharField(max_length=MAX_NAME, blank=True, db_default="")

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["due_at"], name="sending_due"),
            models.Index(fields=["due_at"], name="sending_held", condition=Q(held_at__isnull=False)),
        )
        permissions = (
            ("view_dashboard", "Can view the dashboard"),
            ("send_notification", "Can send to people, and to audiences up to the threshold"),
            ("broadcast_notification", "Can send to everyone, and to any audience"),
            ("manage_hub", "Can manage instances, connections, rooms, keys and people's preferences"),
        )

    def __str__(self) -> str:
        return self.title


class Notification(models.Model):
    """A notification on a topic. The row is the outbox: without a ``position`` it is still to be published.

    A recall clears the position, so that the recall is published as well, and keeps it as
    ``former_position``, by which watermarks still tell who had read it. Recalled before it was due, or
    expired before it was published, it never is published, and its position is 0. It is also 0, with
    ``failed_at`` and the reason in ``failure``, if no event can hold it: it is listed in the inbox, and sent
    to no feed.
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
    # Scheduled, and replaces the current one of its key once it is due.
    pending = models.BooleanField(default=False, editable=False, db_default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    sending = models.ForeignKey(Sending, on_delete=models.CASCADE, null=True, related_name="notifications")
    recalled_at = models.DateTimeField(null=True, blank=True, editable=False)
    recalled_by = models.CharField(max_length=MAX_NAME, blank=True, editable=False, db_default="")
    recall_reason = models.CharField(max_length=200, blank=True, editable=False, db_default="")
    position = models.BigIntegerField(null=True, blank=True, editable=False)
    former_position = models.BigIntegerField(null=True, blank=True, editable=False)
    failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    failure = models.CharField(max_length=MAX_FAILURE, blank=True, editable=False, db_default="")

    objects = NotificationQuerySet.as_manager()

    @cached_property
    def group(self) -> str | None:
        """The name of the group it is for; `notifications.access.names.name` sets it for many rows."""
        id = topics.group_id(self.topic)
        return None if id is None else Group.objects.filter(pk=id).values_list("name", flat=True).first()

    class Meta:
        indexes = (
            models.Index(fields=["topic", "-due_at", "-id"], name="notification_inbox"),
            models.Index(fields=["topic", "position"], name="notification_recovery"),
            models.Index(fields=["due_at"], name="notification_outbox", condition=Q(position=None)),
            models.Index(fields=["due_at"], name="notification_pending", condition=Q(pending=True)),
            models.Index(
                fields=["expires_at"], name="notification_expiry", condition=Q(expires_at__isnull=False)
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["topic", "key", "pending"],
                condition=Q(recalled_at=None) & ~Q(key=""),
                name="one_live_notification_per_key",
            ),
        )
        ordering = ("-due_at", "-id")

    def __str__(self) -> str:
        return f"{self.title} → {self.topic}"


class Reading(models.Model):
    """A user's read state of a notification: seen, read, clicked, archived. It overrides their watermarks."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="readings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)  # its link was followed
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint("user", "notification", name="one_reading_each"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.notification}"


class Watermark(models.Model):
    """A user read, or only saw, everything at once: what was in their inbox of a topic with
    ``after`` < position <= ``upto``.

    Nothing is committed later with a position up to that of a row that could be read. What has no position
    gets a `Reading` instead.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watermarks")
    topic = models.CharField(max_length=topics.MAX_LENGTH)
    read = models.BooleanField()  # otherwise seen only
    after = models.BigIntegerField()  # the one before, of the same kind; 0 without one
    upto = models.BigIntegerField()
    since = models.DateTimeField()  # what was due before that was not in their inbox
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint("user", "topic", "read", "upto", name="one_watermark_per_position"),
        )
        indexes = (models.Index(fields=["topic", "upto"], name="watermark_readers"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.topic} · {self.upto}"


class Delivery(models.Model):
    """A delivery by one instance at one moment, or what an instance was told of earlier ones: one row for all
    people."""

    # Without a constraint: one notification that was deleted meanwhile must not fail the whole batch.
    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, db_constraint=False, related_name="deliveries"
    )
    instance = models.CharField(max_length=255)
    at = models.DateTimeField()
    late = models.BooleanField()  # by a replay, after a reconnect
    # Pages of these people have reported that it arrived; another row has the delivery.
    acknowledged = models.BooleanField(default=False, db_default=False)
    people = models.BinaryField()  # a packed `IdBitmap`
    size = models.IntegerField()

    class Meta:
        ordering = ("at", "id")
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.notification} → {self.size} on {self.instance}"
