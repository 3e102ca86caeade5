"""A person's preferences as they were at a moment in the past."""

from __future__ import annotations

from datetime import datetime

from notifications.inbox import preference_rule
from notifications.inbox.preference_rule import Preferences
from notifications.models import Preference, PreferenceChange
from notifications.user_model import User

MAX_CHANGES = 500  # kept for each person


class PreferenceHistory:
    """A person's preferences at any moment, loaded once.

    Before a user's first recorded change the defaults apply. If no change was ever recorded, the current
    preferences are assumed for all times.
    """

    def __init__(self, user: User) -> None:
        changes = PreferenceChange.objects.filter(user=user).order_by("-at", "-id")
        self._changes = list(changes[:MAX_CHANGES])
        self._fallback = Preference()
        if not self._changes:
            self._fallback = getattr(user, "notification_preference", self._fallback)

    def at(self, moment: datetime) -> Preferences:
        for change in self._changes:
            if change.at <= moment:
                return preference_rule.of(change)
        return preference_rule.of(self._fallback)
