"""What reaches a person, and how: what they chose, and the one rule that decides by it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from hub.errors import Problem
from notifications.inbox import sync
from notifications.models import CATEGORY, Notification, Preference, PreferenceChange

LATEST = 500  # rows of an inbox whose categories are named
CHANGES = 500  # of a person that are kept and looked back on
A_MINUTE = 60  # changes, of one person
MAX_CHOICES = 100  # so that the event of all this stays far below the most that one carries
# Area/City, which every browser knows as well; nobody lives in "localtime".
ZONES = (*sorted(zone for zone in available_timezones() if "/" in zone), "UTC")

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class Choice(TypedDict):
    feed: bool
    toast: bool


class QuietHours(TypedDict):
    """``HH:MM``, from ``start`` until just before ``end``, on the clocks of ``zone``."""

    start: str
    end: str
    zone: str


class Chosen(TypedDict):
    categories: dict[str, Choice]
    quiet_hours: QuietHours | None


class Preferences(Chosen):
    mandatory: list[str]


ON: Choice = {"feed": True, "toast": True}


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the list shows it, whether a toast does, and why."""

    feed: bool
    toast: bool
    reason: str


def wants(preference: Preferences, notification: Mapping[str, Any], moment: datetime) -> Decision:
    """How a notification (its ``category`` and ``severity``) reaches whoever has these preferences.

    The browser decides the same way: `preferences-rule.js`; `tests/cases/preferences.json` holds both to it.
    """
    category = notification["category"]
    mandatory = category in preference["mandatory"]
    choice = ON if mandatory else preference["categories"].get(category, ON)
    quiet = preference["quiet_hours"]
    if not choice["feed"]:
        return Decision(False, False, "muted")
    if not choice["toast"]:
        return Decision(True, False, "toast-muted")
    if quiet is not None and notification["severity"] != "critical" and _within(quiet, moment):
        return Decision(True, False, "quiet-hours")
    return Decision(True, True, "mandatory" if mandatory else "wanted")


def chosen(user: User) -> Preferences:
    """What a person chose otherwise than everybody has it: all that `wants` asks for."""
    return of(Preference.objects.filter(user=user).first())


def as_of(user_id: int, moment: datetime) -> Preferences:
    """What a person had chosen at a moment."""
    return History(User(pk=user_id)).at(moment)


class History:
    """What a person had chosen at any moment, asked for once.

    Before the first change that was noted everybody has what everybody has; of whom none was noted,
    what they have now holds for always.
    """

    def __init__(self, user: User) -> None:
        self._changes = list(PreferenceChange.objects.filter(user=user).order_by("-at", "-id")[:CHANGES])
        self._now = Preference()
        if not self._changes:
            self._now = getattr(user, "notification_preference", self._now)

    def at(self, moment: datetime) -> Preferences:
        for change in self._changes:
            if change.at <= moment:
                return of(change)
        return of(self._now)


def of(row: Preference | PreferenceChange | None) -> Preferences:
    """What a row says; without one, what everybody has."""
    return stated(row.choices, row.quiet_hours) if row else stated({}, None)


def stated(choices: dict[str, Choice], quiet: QuietHours | None) -> Preferences:
    """What a row says. The zones of another instance, or of last year, may not be ours."""
    return {
        "categories": choices,
        "mandatory": sorted({*settings.HUB_MANDATORY_CATEGORIES}),
        "quiet_hours": quiet if quiet is not None and quiet["zone"] in ZONES else None,
    }


def known(user: User, own: Sequence[str], preference: Preferences | None = None) -> Preferences:
    """The same for every category this person may meet: chosen, mandatory, or in their inbox lately.

    ``preference`` is what `chosen` said, if it was asked.
    """
    preference = preference or chosen(user)
    rows = Notification.objects.inbox(own, user).values_list("category", flat=True)
    met = {category for category in rows[:LATEST] if CATEGORY.fullmatch(category)}
    fixed = preference["mandatory"]
    choices = preference["categories"] | dict.fromkeys(fixed, ON)
    named = sorted({*choices, *met})
    return {**preference, "categories": {category: choices.get(category, ON) for category in named}}


def put(user: User, own: Sequence[str], wanted: Chosen) -> Preferences:
    """Choose this and nothing else, and tell the person's screens; what `known` says then.

    Raises a `Problem` of 422 whose ``field`` is at fault, or of 429 for too many changes.
    """
    choices = {name: choice for name, choice in wanted["categories"].items() if _differs(name, choice)}
    if len(choices) > MAX_CHOICES:
        raise Problem(
            422,
            f"At most {MAX_CHOICES} categories can be turned off.",
            reason="many_choices",
            values={"most": MAX_CHOICES},
            field="categories",
        )
    quiet = wanted["quiet_hours"]
    if quiet is not None:
        _check(quiet)
    with transaction.atomic():
        state: dict[str, Any] = {"choices": choices, "quiet_hours": quiet}
        row = Preference.objects.select_for_update().filter(user=user).first() or Preference()
        if (row.choices, row.quiet_hours) == (choices, quiet):
            return known(user, own)
        _make_room(user)
        Preference.objects.update_or_create(user=user, defaults=state)
        PreferenceChange.objects.create(user=user, **state)
        preference = known(user, own)
        sync.tell_after_commit(user.pk, "preferences", preference)
    return preference


def _make_room(user: User) -> None:
    """For one more change, the oldest go; raise a `Problem` of 429 if there were very many just now."""
    changes = PreferenceChange.objects.filter(user=user).order_by("-at", "-id")
    times = list(changes.values_list("pk", "at")[: CHANGES + A_MINUTE])
    if len(times) >= A_MINUTE:
        wait = timedelta(minutes=1) - (timezone.now() - times[A_MINUTE - 1][1])
        if wait > timedelta():
            raise Problem(
                429,
                f"Too many changes (at most {A_MINUTE} per minute). Try again later.",
                retry_after=math.ceil(wait.total_seconds()),
                reason="many_changes",
                values={"most": A_MINUTE},
            )
    PreferenceChange.objects.filter(pk__in=[pk for pk, _ in times[CHANGES - 1 :]]).delete()


def muted(choices: Mapping[str, Choice] | None) -> frozenset[str]:
    """The categories that the list and the counts of whoever chose this leave out."""
    off = (name for name, choice in (choices or {}).items() if not choice["feed"])
    return frozenset(off).difference(settings.HUB_MANDATORY_CATEGORIES)


def muted_by(user: User) -> frozenset[str]:
    return muted(Preference.objects.filter(user=user).values_list("choices", flat=True).first())


def _within(quiet: QuietHours, moment: datetime) -> bool:
    now = f"{moment.astimezone(ZoneInfo(quiet['zone'])):%H:%M}"
    if quiet["start"] < quiet["end"]:
        return quiet["start"] <= now < quiet["end"]
    return now >= quiet["start"] or now < quiet["end"]


def _differs(category: str, choice: Choice) -> bool:
    """Whether it is a choice at all; raise a `Problem` for one that nobody can make."""
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
    if quiet["zone"] not in ZONES:
        raise Problem(
            422, "Enter a time zone such as Europe/Vienna.", reason="bad_zone", field="quiet_hours.zone"
        )
