"""People whose accounts another system keeps."""

from __future__ import annotations

from django.conf import settings
from django.db import models

MAX_OUTSIDE_ID = 254  # characters
MAX_LANGUAGE = 35  # of a BCP 47 tag
MAX_ZONE = 64


class Profile(models.Model):
    """What another system has said about a user: by which id it knows them, and more than the user model
    holds."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="hub_profile", primary_key=True
    )
    outside_id = models.CharField(max_length=MAX_OUTSIDE_ID, unique=True)
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=MAX_LANGUAGE, blank=True)
    zone = models.CharField(max_length=MAX_ZONE, blank=True)

    def __str__(self) -> str:
        return self.outside_id
