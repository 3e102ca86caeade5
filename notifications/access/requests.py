"""Types of requests that decorators guarantee."""

from __future__ import annotations

from django.http import HttpRequest

from notifications.user_model import User


class PersonRequest(HttpRequest):
    """A request behind `login_required`: its user is signed in."""

    user: User
