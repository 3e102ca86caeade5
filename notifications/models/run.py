"""Runs of agents: what one produces is a stream in the log, and for ever a row."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hub import topics
from notifications.models.notification import MAX_TITLE, time_ordered_id
from notifications.user_model import MAX_NAME


class Run(models.Model):
    """A run, from when it is begun to its outcome.

    Its events are on the topic `hub.topics.run`. It ends once, by `notifications.runs.lifecycle`; the event
    that says so has no ``ended_position`` until it is in the log. ``text`` is all of its tokens once
    ``folded``; until then they are in `RunPart` rows and in the log.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        STOPPED = "stopped"
        LOST = "lost"

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    api_key = models.ForeignKey(
        "hub_notifications.ApiKey", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    title = models.CharField(max_length=MAX_TITLE, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    text = models.TextField(blank=True)
    tokens = models.PositiveIntegerField(default=0)
    outcome = models.JSONField(null=True)
    detail = models.CharField(max_length=1000, blank=True)  # of the error
    stopped_by = models.CharField(max_length=MAX_NAME, blank=True)
    lease_s = models.PositiveSmallIntegerField()
    leased_until = models.DateTimeField()
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    began_position = models.BigIntegerField(default=0)  # all of its events are after it
    ended_position = models.BigIntegerField(null=True)
    folded = models.BooleanField(default=False)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["owner", "-id"], name="run_of_owner"),
            models.Index(fields=["leased_until"], name="run_lease", condition=Q(ended_at=None)),
            models.Index(fields=["ended_at"], name="run_unfolded", condition=Q(folded=False)),
        )

    def __str__(self) -> str:
        return self.title or str(self.pk)

    @property
    def topic(self) -> str:
        return topics.run(self.pk.hex)


class RunShare(models.Model):
    """A topic of inboxes whose people may read a run along with its owner."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="shares")
    topic = models.CharField(max_length=topics.MAX_LENGTH)

    class Meta:
        constraints = (models.UniqueConstraint("topic", "run", name="one_run_share_a_topic"),)

    def __str__(self) -> str:
        return f"{self.run_id} for {self.topic}"


class RunPart(models.Model):
    """Consecutive tokens of a run, from the event at ``first`` to that at ``last``, as one instance appended
    them. They tell its text where the log has lost them."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="parts")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    text = models.TextField()
    tokens = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint("run", "first", name="one_run_part_a_position"),)

    def __str__(self) -> str:
        return f"{self.run_id} from {self.first}"
