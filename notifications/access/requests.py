"""Types of requests that decorators guarantee."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest


class PersonRequest(HttpRequest):
    """A request behind `login_required`: its user is signed in."""

    user: User
