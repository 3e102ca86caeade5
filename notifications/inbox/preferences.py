"""A person's preferences: which categories they receive and where, and when no toast is shown."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from hub.errors import Problem
from notifications import time_zones
from notifications.inbox import preference_rule, sync
from notifications.inbox.preference_history import MAX_CHANGES
from notifications.inbox.preference_rule import ON, Choice, Chosen, Preferences, QuietHours
from notifications.models import CATEGORY, Notification, Preference, PreferenceChange
from notifications.user_model import User

MAX_ROWS_SCANNED = 500  # of an inbox, for the categories that occur in it
MAX_CHANGES_PER_MINUTE = 60
MAX_CHOICES = 100  # keeps the event that carries them far below the largest one

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def chosen(user: User) -> Preferences:
    """The person's preferences, with the categories in which they differ from the defaults."""
    return preference_rule.of(Preference.objects.filter(user=user).first())


def listed(user: User, own: Sequence[str], preference: Preferences | None = None) -> Preferences:
    """The person's preferences with every category to show: chosen, mandatory, or recent in their inbox.

    ``own`` are the topics of the inbox; ``preference`` is the result of `chosen`, if the caller has it.
    """
    preference = preference or chosen(user)
    rows = Notification.objects.inbox(own, user).values_list("category", flat=True)
    recent = {category for category in rows[:MAX_ROWS_SCANNED] if CATEGORY.fullmatch(category)}
    mandatory = preference["mandatory"]
    choices = preference["categories"] | dict.fromkeys(mandatory, ON)
    categories = sorted({*choices, *recent})
    return {**preference, "categories": {category: choices.get(category, ON) for category in categories}}


def put(user: User, own: Sequence[str], new: Chosen) -> Preferences:
    """Replace the person's preferences, notify their open pages, and return them as `listed`.

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
    with transaction.atomic():
        state: dict[str, Any] = {"choices": choices, "quiet_hours": quiet}
        row = Preference.objects.select_for_update().filter(user=user).first() or Preference()
        if (row.choices, row.quiet_hours) == (choices, quiet):
            return listed(user, own)
        _limit_changes(user)
        Preference.objects.update_or_create(user=user, defaults=state)
        PreferenceChange.objects.create(user=user, **state)
        preference = listed(user, own)
        sync.notify_after_commit(user.pk, "preferences", preference)
    return preference


def muted_by(user: User) -> frozenset[str]:
    """The categories that the person's inbox and its counts leave out."""
    return preference_rule.muted(
        Preference.objects.filter(user=user).values_list("choices", flat=True).first()
    )


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
