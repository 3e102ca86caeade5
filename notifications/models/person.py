"""What belongs to a user: preferences, subscriptions, arrivals, grants, ended and revoked tokens."""

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
    """A user's preferences where they differ from the defaults; what is not listed is on."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preference"
    )
    choices = models.JSONField(default=dict)  # category → {feed, toast}
    muted_topics = models.JSONField(default=list, db_default=[])  # sorted
    quiet_hours = models.JSONField(null=True)  # {start, end, zone}

    def __str__(self) -> str:
        return f"{self.user}"


class PreferenceChange(models.Model):
    """A user's preferences from a moment on; never changed, as history."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    choices = models.JSONField()
    muted_topics = models.JSONField(default=list, db_default=[])
    quiet_hours = models.JSONField(null=True)

    class Meta:
        indexes = (models.Index(fields=["user", "-at"], name="preference_history"),)
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.user} · {self.at}"


def valid_live_topic(topic: str) -> None:
    """Validator of model fields: raise `ValidationError` unless this is a live topic."""
    try:
        topics.check_live(topic)
    except topics.BadTopic as bad:
        raise ValidationError(str(bad)) from None


class Subscription(models.Model):
    """A topic that a user follows: its notifications are in their inbox. If it was ``chosen`` by themselves,
    only as long as they may read it; else whoever made it vouches for that."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    topic = models.CharField(max_length=topics.MAX_LENGTH, validators=[valid_live_topic])
    chosen = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint("user", "topic", name="one_subscription_each"),)
        indexes = (models.Index(fields=["topic"], name="subscription_audience"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.topic}"


class Arrival(models.Model):
    """Since when a topic is in a user's inbox: a group's that they joined, or one that they follow.

    ``belonging`` is the id of the membership or subscription. Ids are never reused, so a user who left and
    came back arrives anew, however the rows were changed.
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
    """A condition on rows: their ``topic`` was in the user's inbox at their ``moment`` (names of fields).

    ``user`` is an id or an `OuterRef`.
    """
    if settings.HUB_NEWCOMERS_SEE_PAST:
        return Q()
    later = Arrival.objects.filter(user=user, topic=OuterRef(topic), since__gt=OuterRef(moment))
    return ~Q(Exists(later))


class Grant(models.Model):
    """Lets a group, or every signed-in user, read a live topic or all topics with a prefix (``repo-*``)."""

    pattern = models.CharField(max_length=topics.MAX_LENGTH, help_text="A topic, or a prefix with *: repo-*")
    group = models.ForeignKey(
        "auth.Group",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        help_text="Empty: every signed-in user.",
    )

    def __str__(self) -> str:
        return f"{self.pattern} · {self.group or 'everyone'}"

    def covers(self, topic: str) -> bool:
        """Whether it opens this topic."""
        return topic_patterns.covers(self.pattern, topic)


class Ending(models.Model):
    """Up to when a user's tokens and sessions have ended: older ones are no longer valid."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="ending")
    tokens_at = models.DateTimeField(null=True)  # tokens and tickets
    sessions_at = models.DateTimeField(null=True)
    # When the last of the tokens that were revoked one by one would have expired.
    revoked_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user} · {self.tokens_at}"


class GroupClaim(models.Model):
    """When the token was issued (a Unix time, 0 if unknown) whose claim decides about a user's groups."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    issued_at = models.FloatField()

    def __str__(self) -> str:
        return f"{self.user} · {self.issued_at}"


class RevokedToken(models.Model):
    """A revoked token; the row is deleted once the token would have expired."""

    id = models.CharField(max_length=100, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.id
