"""What a program shows, and what it has asked before."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from hub import topics
from notifications.models import topic_patterns


class ApiKey(models.Model):
    """A program's key. Only its digest is kept.

    Without ``opens_private`` it opens no inbox and no room, by token or by reading; without ``may_broadcast``
    it sends to no more people than may be sent to without being allowed to broadcast.
    """

    name = models.CharField(max_length=100, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    topics = models.JSONField(default=list, blank=True)  # it is for, or beginnings and *; none: for all
    opens_private = models.BooleanField(default=True, db_default=True)
    may_broadcast = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    def opens_inbox(self, person: int) -> bool:
        """Of a person, by id: they are named by their own topic."""
        return self.opens_private and self.covers(topics.user(person))

    def covers(self, topic: str, written: str = "") -> bool:
        """Whether it is for a topic; a beginning and * is of how people write it."""
        return not self.topics or any(
            topic_patterns.covers(pattern, (written or topic) if pattern.endswith("*") else topic)
            for pattern in self.topics
        )


class Ticket(models.Model):
    """What a one-time ticket stands for; the row goes when the ticket is used."""

    digest = models.CharField(max_length=64, primary_key=True)
    claims = models.JSONField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"ticket until {self.expires_at}"


class IdempotentRequest(models.Model):
    """An `Idempotency-Key` that was used. Until its answer is told the request is still running."""

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
