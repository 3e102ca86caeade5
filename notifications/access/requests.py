"""Requests as decorated views get them: with a person who is signed in."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest


class PersonRequest(HttpRequest):
    """A request that `login_required` let through."""

    user: User
