"""How often somebody tried to sign in, and in vain."""

from __future__ import annotations

from django.db import models


class SignInCount(models.Model):
    """Of an account from one address, or from all together.

    Named by a digest: people type passwords where names belong, and names that are nobody's count alike.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(db_index=True)  # of the last attempt
    until = models.DateTimeField(null=True)  # nothing is tried before
    known_at = models.DateTimeField(null=True)  # when this account last signed in from this address

    def __str__(self) -> str:
        return f"{self.failures} until {self.at}"
