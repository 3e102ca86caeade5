"""Templates of notifications, with {names} that are filled in when one is sent."""

from __future__ import annotations

from django.db import models

from notifications.models.notification import MAX_TITLE, Notification


class Template(models.Model):
    """The texts and fields of a notification to send more than once."""

    name = models.CharField(max_length=100, unique=True)
    title = models.CharField(max_length=MAX_TITLE)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=2000, blank=True)
    category = models.CharField(max_length=64, blank=True)
    severity = models.CharField(
        max_length=8, choices=Notification.Severity, default=Notification.Severity.INFO
    )

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
