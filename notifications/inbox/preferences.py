"""A person's preferences: which categories and topics they receive and where, and when no toast is shown."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import timezone

from hub import topics
from hub.errors import Problem
from hub.support import transactions
from notifications import time_zones
from notifications.inbox import preference_rule, sync
from notifications.inbox.preference_history import MAX_CHANGES
from notifications.inbox.preference_rule import ON, Choice, Chosen, Listed, Muted, Preferences, QuietHours
from notifications.models import CATEGORY, Notification, Preference, PreferenceChange, audiences
from notifications.user_model import User

MAX_ROWS_SCANNED = 500  # of an inbox, for the categories that occur in it
MAX_CHANGES_PER_MINUTE = 60
# These keep the event that carries them below the largest one.
MAX_CHOICES, MAX_MUTED, MAX_FOLLOWED = 100, 50, 100

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def chosen(user: User) -> Preferences:
    """The person's preferences, with the categories in which they differ from the defaults."""
    return preference_rule.of(Preference.objects.filter(user=user).first())


def listed(user: User, own: Sequence[str], preference: Preferences | None = None) -> Listed:
    """The person's preferences with every category to show: chosen, mandatory, or recent in their inbox; and
    the topics that they follow.

    ``own`` are the topics of the inbox; ``preference`` is the result of `chosen`, if the caller has it.
    """
    preference = preference or chosen(user)
    rows = Notification.objects.inbox(own, user).values_list("category", flat=True)
    recent = {category for category in rows[:MAX_ROWS_SCANNED] if CATEGORY.fullmatch(category)}
    mandatory = preference["mandatory"]
    choices = preference["categories"] | dict.fromkeys(mandatory, ON)
    categories = sorted({*choices, *recent})
    return {
        **preference,
        "categories": {category: choices.get(category, ON) for category in categories},
        "followed_topics": followed(user, own),
    }


def followed(user: User, own: Sequence[str]) -> list[str]:
    """The topics of the inbox that the person follows, if not as a member of a group of the project's."""
    groups = audiences.of([user.pk]).get(user.pk, ())
    return sorted(topic for topic in own if not topics.is_inbox(topic) and topic not in groups)[:MAX_FOLLOWED]


def put(user: User, own: Sequence[str], new: Chosen) -> Listed:
    """Replace the person's choices and quiet hours, notify their open pages, and return all as `listed`.

    Raises a `Problem` of 422 with its ``field``, or of 429 for too many changes.
    """
    choices = {name: choice for name, choice in new["categories"].items() if _differs(name, choice)}
    if len(choices) > MAX_CHOICES:
        raise Problem(
            422,
            f"At most {MAX_CHOICES} categories can be turned off.",
            reason="many_choices",
            values={"most": MAX_CHOICES},
            field="categories",
        )
    quiet = new["quiet_hours"]
    if quiet is not None:
        _check(quiet)
    return _change(user, own, lambda row: {**_state(row), "choices": choices, "quiet_hours": quiet})


def mute(user: User, own: Sequence[str], topic: str) -> Listed:
    """Leave out what is sent to a topic, unless its category is mandatory, from the inbox, its counts and
    toasts, as a muted category is; notify their open pages, and return the preferences as `listed`.

    Raises a `Problem` of 422 for too many topics, or of 429 for too many changes.
    """

    def muted(row: Preference) -> dict[str, Any]:
        names = sorted({*row.muted_topics, topic})
        if len(names) > MAX_MUTED:
            raise Problem(
                422,
                f"At most {MAX_MUTED} topics can be muted: unmute another one first.",
                reason="many_muted",
                values={"most": MAX_MUTED},
            )
        return {**_state(row), "muted_topics": names}

    return _change(user, own, muted)


def unmute(user: User, own: Sequence[str], topic: str) -> Listed:
    """The opposite of `mute`."""

    def unmuted(row: Preference) -> dict[str, Any]:
        return {**_state(row), "muted_topics": [name for name in row.muted_topics if name != topic]}

    return _change(user, own, unmuted)


def muted_by(user: User) -> Muted:
    """What the person's inbox and its counts leave out."""
    found = Preference.objects.filter(user=user).values_list("choices", "muted_topics").first()
    return preference_rule.muted(*(found or ({}, ())))


def _change(user: User, own: Sequence[str], state_of: Callable[[Preference], dict[str, Any]]) -> Listed:
    """Store what ``state_of`` makes of the row, which no one else changes meanwhile."""
    return transactions.run(partial(_store, user, own, state_of))


def _store(user: User, own: Sequence[str], state_of: Callable[[Preference], dict[str, Any]]) -> Listed:
    row = Preference.objects.select_for_update().filter(user=user).first() or Preference(user=user)
    state = state_of(row)
    if state != _state(row):
        _limit_changes(user)
        for name, value in state.items():
            setattr(row, name, value)
        row.save()
        PreferenceChange.objects.create(user=user, **state)
        sync.notify_after_commit(user.pk, "preferences", listed(user, own))
    return listed(user, own)


def _state(row: Preference) -> dict[str, Any]:
    return {"choices": row.choices, "muted_topics": row.muted_topics, "quiet_hours": row.quiet_hours}


def _limit_changes(user: User) -> None:
    """Delete the oldest changes to make room for one; raise a `Problem` of 429 after too many in a minute."""
    changes = PreferenceChange.objects.filter(user=user).order_by("-at", "-id")
    times = list(changes.values_list("pk", "at")[: MAX_CHANGES + MAX_CHANGES_PER_MINUTE])
    if len(times) >= MAX_CHANGES_PER_MINUTE:
        wait = timedelta(minutes=1) - (timezone.now() - times[MAX_CHANGES_PER_MINUTE - 1][1])
        if wait > timedelta():
            raise Problem(
                429,
                f"Too many changes (at most {MAX_CHANGES_PER_MINUTE} per minute). Try again later.",
                retry_after=math.ceil(wait.total_seconds()),
                reason="many_changes",
                values={"most": MAX_CHANGES_PER_MINUTE},
            )
    PreferenceChange.objects.filter(pk__in=[pk for pk, _ in times[MAX_CHANGES - 1 :]]).delete()


def _differs(category: str, choice: Choice) -> bool:
    """Whether it differs from the default; raise a `Problem` for a choice that is not allowed."""
    field = f"categories.{category[:64]}"
    if not CATEGORY.fullmatch(category):
        raise Problem(
            422,
            "Enter a category of up to 64 characters from a-z 0-9 _ . -, for example builds.",
            reason="bad_category",
            field=field,
        )
    if choice == ON:
        return False
    if category in settings.HUB_MANDATORY_CATEGORIES:
        raise Problem(
            422,
            f"{category} is mandatory and cannot be turned off.",
            reason="mandatory_category",
            values={"name": category},
            field=field,
        )
    return True


def _check(quiet: QuietHours) -> None:
    for end, time in (("start", quiet["start"]), ("end", quiet["end"])):
        if not _TIME.fullmatch(time):
            raise Problem(422, "Enter a time such as 22:00.", reason="bad_time", field=f"quiet_hours.{end}")
    if quiet["start"] == quiet["end"]:
        raise Problem(
            422,
            "Quiet hours must end at a different time than they start.",
            reason="no_quiet_hours",
            field="quiet_hours.end",
        )
    if time_zones.find(quiet["zone"]) is None:
        raise Problem(
            422, "Enter a time zone such as Europe/Vienna.", reason="bad_zone", field="quiet_hours.zone"
        )
