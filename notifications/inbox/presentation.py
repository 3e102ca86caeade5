"""A notification as a page shows it, in the user's language; `inbox/row.js` mirrors it in the browser."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils import formats, timezone

from hub import topics
from notifications.i18n import say
from notifications.inbox.preference_rule import Decision, Listed, Preferences, wants

# A row from the admin, or older than the validation, may have any URL; `javascript:` would run in this page.
SAFE_URL = re.compile(r"https?://|/(?![/\\\t\n\r])", re.IGNORECASE)

REASONS = {
    "mandatory": "why_mandatory",
    "toast-muted": "why_toast_muted",
    "quiet-hours": "why_quiet_hours",
}

# The item of the `<template>` that scripts clone rows from: it has every part a row can have.
PATTERN: dict[str, Any] = {
    "id": "00000000-0000-0000-0000-000000000000",
    "topic": topics.EVERYONE,
    "group": None,
    "title": "-",
    "body": "-",
    "url": "/",
    "category": "-",
    "severity": "info",
    "created_at": "2025-01-01T00:00:00.000Z",
    "read_at": None,
    "archived_at": None,
}


def row(
    item: dict[str, Any], preference: Preferences, now: datetime, followed: Collection[str] = ()
) -> dict[str, Any]:
    """An item of the API with what `row.html` needs of it; ``followed`` are topics that the person follows.

    ``href`` is where its title leads: its own URL, or else its ``page``, which is empty then.
    """
    at = datetime.fromisoformat(item["created_at"])
    page = reverse("notifications:notification", args=[item["id"]])
    own = item["url"] if SAFE_URL.match(item["url"]) else ""
    topic = item["topic"]
    return {
        **item,
        "mutable": not topics.is_user(topic),
        "muted": topic in preference["muted_topics"],
        "followed": topic in followed,
        "at": at,
        "ago": _ago(at, now),
        "href": own or page,
        "page": page if own else "",
        "here": page,
        "severity_word": f"severity_{item['severity']}",
        "why": why(item, wants(preference, item, at)),
    }


class Day(NamedTuple):
    """The rows of one day: its date in ISO format, its name, and the rows as `row` makes them."""

    date: str
    name: str
    rows: list[dict[str, Any]]


def days(items: Iterable[dict[str, Any]], preference: Listed, now: datetime) -> list[Day]:
    """The rows by the day they are from, in the order of the items."""
    rows = [row(item, preference, now, preference["followed_topics"]) for item in items]
    today = timezone.localdate(now)
    by_day = groupby(rows, lambda item: timezone.localdate(item["at"]))
    return [Day(day.isoformat(), _name(day, today), list(some)) for day, some in by_day]


def why(item: dict[str, Any], decision: Decision) -> str:
    """Why the person received it, and why it was shown as it was."""
    sentences = [_source(item)]
    if decision.reason in REASONS:
        sentences.append(say(REASONS[decision.reason], category=item["category"] or say("no_category")))
    return " ".join(sentences)


def _source(item: dict[str, Any]) -> str:
    topic = item["topic"]
    if topic == topics.EVERYONE:
        return say("why_everyone")
    if topics.user_id(topic) is not None:
        return say("why_you")
    if item["group"]:
        return say("why_group", group=item["group"])
    return say("why_topic", topic=topic)


def _name(day: date, today: date) -> str:
    if day == today:
        return say("today")
    if day == today - timedelta(days=1):
        return say("yesterday")
    return formats.date_format(day, "l j F" if day.year == today.year else "j F Y")


def _ago(moment: datetime, now: datetime) -> str:
    minutes = (now - moment) // timedelta(minutes=1)
    if minutes < 1:
        return say("just_now")
    if minutes < 60:
        return say("minutes_ago", n=minutes)
    if minutes < 24 * 60:
        return say("hours_ago", n=minutes // 60)
    return f"{timezone.localtime(moment):%H:%M}"
