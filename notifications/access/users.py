"""Users by the name they sign in with."""

from __future__ import annotations

from django.contrib.auth.models import User

from notifications.models import UNSAYABLE


def named(username: str) -> User | None:
    """The user with this name, active or not, along with their preferences; None if there is none."""
    # PostgreSQL stores no NUL, and UTF-8 has no lone surrogates: no query, then.
    if UNSAYABLE.search(username):
        return None
    return User.objects.select_related("notification_preference").filter(username=username).first()


def active(username: str) -> User | None:
    """The same, but None too for a user who is deactivated."""
    user = named(username)
    return user if user is not None and user.is_active else None
