"""What a person chose, what they follow, and what they were granted."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from hub import topics
from notifications.models import topic_patterns


class Preference(models.Model):
    """What a person chose otherwise than everybody has it; what is not named here is on."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preference"
    )
    choices = models.JSONField(default=dict)  # category → {feed, toast}
    quiet_hours = models.JSONField(null=True)  # {start, end, zone}

    def __str__(self) -> str:
        return f"{self.user}"


class PreferenceChange(models.Model):
    """What a person had chosen from a moment on; never changed, so that it can be asked later."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    choices = models.JSONField()
    quiet_hours = models.JSONField(null=True)

    class Meta:
        indexes = (models.Index(fields=["user", "-at"], name="preference_history"),)
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.user} · {self.at}"


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
        indexes = (models.Index(fields=["topic"], name="subscription_audience"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.topic}"


class Arrival(models.Model):
    """Since when a topic is a person's: that of a group they joined, or one they follow.

    It is of one membership or subscription, by its id, which is never given out again: who left and came
    back came then, whoever wrote that into the table, and however.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="arrivals")
    topic = models.CharField(max_length=topics.MAX_LENGTH)
    belonging = models.BigIntegerField()
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint("user", "topic", name="one_arrival_each"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.topic} · {self.since}"


def arrived(user: Any, topic: str, moment: str) -> Q:
    """That a topic was this person's already; ``topic`` and ``moment`` are fields of the rows asked for, and
    so may be ``user``, as an `OuterRef`."""
    if settings.HUB_NEWCOMERS_SEE_PAST:
        return Q()
    later = Arrival.objects.filter(user=user, topic=OuterRef(topic), since__gt=OuterRef(moment))
    return ~Q(Exists(later))


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
        return topic_patterns.covers(self.pattern, topic)


class Ending(models.Model):
    """When what had been given out to a person ended: nothing that is as old, or older, counts any more."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="ending")
    tokens_at = models.DateTimeField(null=True)  # tokens and tickets
    sessions_at = models.DateTimeField(null=True)
    # Of tokens that were revoked singly: when the last of them would have expired.
    revoked_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user} · {self.tokens_at}"


class RevokedToken(models.Model):
    """A token that ended before its time; the row goes when that has come."""

    id = models.CharField(max_length=100, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.id
