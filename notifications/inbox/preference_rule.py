"""The rule by which a person's preferences decide how a notification reaches them, and its types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from django.conf import settings
from django.db.models import Q

from notifications import time_zones
from notifications.models import Preference, PreferenceChange


class Choice(TypedDict):
    """What a person receives of one category: in the inbox (``feed``), and as a toast."""

    feed: bool
    toast: bool


class QuietHours(TypedDict):
    """``HH:MM``, from ``start`` until just before ``end``, in the time zone ``zone``."""

    start: str
    end: str
    zone: str


class Chosen(TypedDict):
    """The part of `Preferences` a person can change: choices by category, and quiet hours."""

    categories: dict[str, Choice]
    quiet_hours: QuietHours | None


class Preferences(Chosen):
    """Preferences as `wants` reads them; ``mandatory`` lists categories."""

    mandatory: list[str]
    muted_topics: list[str]


class Listed(Preferences):
    """Preferences as docs/api.md shows them, with the live topics that the person follows."""

    followed_topics: list[str]


ON: Choice = {"feed": True, "toast": True}
OFF: Choice = {"feed": False, "toast": False}


@dataclass(frozen=True, slots=True)
class Muted:
    """What a person's inbox and its counts leave out: ``categories``, none of which is mandatory, and what is
    not mandatory on ``topics``."""

    categories: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()

    def covers(self, topic: str, category: str | None) -> bool:
        """Whether it is left out; None is a category that is neither muted nor mandatory."""
        if category in self.categories:
            return True
        return topic in self.topics and category not in settings.HUB_MANDATORY_CATEGORIES

    def rows(self) -> Q:
        """A condition on notifications: they are left out."""
        on_topics = Q(topic__in=self.topics) & ~Q(category__in=settings.HUB_MANDATORY_CATEGORIES)
        return Q(category__in=self.categories) | on_topics


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a notification is shown in the inbox (``feed``) and as a toast, and why.

    ``reason`` is ``muted``, ``toast-muted``, ``quiet-hours``, ``mandatory`` or ``wanted``.
    """

    feed: bool
    toast: bool
    reason: str


def wants(preference: Preferences, notification: Mapping[str, Any], moment: datetime) -> Decision:
    """How a notification (its ``topic``, ``category``, ``severity``) reaches a person with these preferences.

    The browser decides the same way: `preferences-rule.js`; `tests/cases/preferences.json` holds both to it.
    """
    category = notification["category"]
    mandatory = category in preference["mandatory"]
    choice = ON if mandatory else preference["categories"].get(category, ON)
    if notification["topic"] in preference["muted_topics"] and not mandatory:
        choice = OFF
    quiet = preference["quiet_hours"]
    if not choice["feed"]:
        return Decision(False, False, "muted")
    if not choice["toast"]:
        return Decision(True, False, "toast-muted")
    if quiet is not None and notification["severity"] != "critical" and _within(quiet, moment):
        return Decision(True, False, "quiet-hours")
    return Decision(True, True, "mandatory" if mandatory else "wanted")


def of(row: Preference | PreferenceChange | None) -> Preferences:
    """The preferences in a row; the defaults without one."""
    return parsed(row.choices, row.muted_topics, row.quiet_hours) if row else parsed({}, [], None)


def parsed(choices: dict[str, Choice], muted_topics: list[str], quiet: QuietHours | None) -> Preferences:
    """The preferences in a row's columns. Quiet hours in an unknown time zone do not apply: the instance
    that stored them may have known more zones."""
    return {
        "categories": choices,
        "mandatory": sorted({*settings.HUB_MANDATORY_CATEGORIES}),
        "muted_topics": muted_topics,
        "quiet_hours": quiet if quiet is not None and time_zones.find(quiet["zone"]) else None,
    }


def muted(choices: Mapping[str, Choice], muted_topics: Iterable[str]) -> Muted:
    """What the inbox and its counts leave out, given a person's choices."""
    off = (name for name, choice in choices.items() if not choice["feed"])
    return Muted(frozenset(off).difference(settings.HUB_MANDATORY_CATEGORIES), frozenset(muted_topics))


def _within(quiet: QuietHours, moment: datetime) -> bool:
    now = f"{moment.astimezone(time_zones.find(quiet['zone'])):%H:%M}"
    if quiet["start"] < quiet["end"]:
        return quiet["start"] <= now < quiet["end"]
    return now >= quiet["start"] or now < quiet["end"]
