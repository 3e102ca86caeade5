"""Users by the name they sign in with."""

from __future__ import annotations

from notifications import user_model
from notifications.models import UNSAYABLE
from notifications.user_model import User


def named(username: str) -> User | None:
    """The user with this name, active or not, along with their preferences; None if there is none."""
    # PostgreSQL stores no NUL, and UTF-8 has no lone surrogates: no query, then.
    if UNSAYABLE.search(username):
        return None
    rows = user_model.users().select_related("notification_preference")
    return rows.filter(**{user_model.name_field(): username}).first()


def active(username: str) -> User | None:
    """The same, but None too for a user who is deactivated."""
    user = named(username)
    return user if user is not None and user_model.is_active(user) else None
