"""Policies of live topics that staff and programs keep; `HUB_TOPICS` has others."""

from __future__ import annotations

from django.db import models

from hub import topics


class TopicPolicy(models.Model):
    """A policy; what holds for it is in `hub.policies`.

    ``fields`` is its JSON without the pattern. Groups and people in it are named by their topics, so that a
    renamed group keeps its rights, and a later one of the same name does not inherit them.
    """

    pattern = models.CharField(max_length=topics.MAX_LENGTH + 1, unique=True)  # a topic, or a prefix with *
    fields = models.JSONField(default=dict)

    class Meta:
        ordering = ("pattern",)
        verbose_name_plural = "topic policies"

    def __str__(self) -> str:
        return self.pattern
