"""Counters of failed sign-ins."""

from __future__ import annotations

from django.db import models


class SignInCount(models.Model):
    """Failures of one account, from one address or from all addresses.

    Keyed by a digest, because people type passwords into the name field; names of no account count as well.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(db_index=True)  # of the last attempt
    until = models.DateTimeField(null=True)  # no attempt is allowed before
    known_at = models.DateTimeField(null=True)  # when this account last signed in from this address

    def __str__(self) -> str:
        return f"{self.failures} until {self.at}"
