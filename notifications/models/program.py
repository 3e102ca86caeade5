"""What belongs to programs: API keys, tickets and idempotent requests."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from hub import topics
from notifications.models import topic_patterns


class ApiKey(models.Model):
    """An API key of a program; only its digest is stored.

    Without ``opens_private`` it opens no inbox and no room, neither by tokens nor by reading; without
    ``may_broadcast`` it may not send to everyone, nor to more than `HUB_CONFIRM_ABOVE` people at once.
    """

    name = models.CharField(max_length=100, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    topics = models.JSONField(default=list, blank=True)  # or prefixes with *; empty: all
    opens_private = models.BooleanField(default=True, db_default=True)
    may_broadcast = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.name

    def opens_inbox(self, person: Any) -> bool:
        """Whether it opens the inbox of a user (by key): its topics include the user's own."""
        return self.opens_private and self.covers(topics.user(person))

    def covers(self, topic: str, written: str = "") -> bool:
        """Whether its topics include this one; a prefix with * matches the topic as ``written`` by name."""
        return not self.topics or any(
            topic_patterns.covers(pattern, (written or topic) if pattern.endswith("*") else topic)
            for pattern in self.topics
        )


class Ticket(models.Model):
    """The claims of a one-time ticket; the row is deleted when the ticket is used."""

    digest = models.CharField(max_length=64, primary_key=True)
    claims = models.JSONField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"ticket until {self.expires_at}"


class IdempotentRequest(models.Model):
    """A request with an `Idempotency-Key`. It is still running until its answer is ``complete``."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    # The answer is final: nothing is added to it any more.
    complete = models.BooleanField(db_column="told", default=False, db_default=False)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint("api_key", "key", name="one_request_a_key"),)

    def __str__(self) -> str:
        return self.key
