"""The pages a person reads. They stand without JavaScript; with it they stay up to date."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from hub import topics
from hub.log import LogAway
from hub.log.shared import shared_log
from hub.problems import Problem
from notifications import access, reading
from notifications import inbox as inboxes

SAFE_URL = re.compile(r"https?://|/(?!/)", re.IGNORECASE)


class PersonRequest(HttpRequest):
    """What `login_required` lets through."""

    user: User


@never_cache
@login_required
@require_GET
def inbox(request: PersonRequest) -> HttpResponse:
    # Before the rows: what is published from here on comes by the feed, so nothing falls between.
    position = _position()
    own = access.own_topics(request.user)
    items, _ = inboxes.find(request.user, own)
    context = {
        "count": inboxes.count(request.user, own),
        "days": _days(items, timezone.now()),
        "position": position,
        "topic": topics.user(request.user.pk),
    }
    return render(request, "notifications/inbox.html", context)


@login_required
@require_POST
def read(request: PersonRequest, id: UUID) -> HttpResponse:
    verb = reading.unread if request.POST.get("read") == "no" else reading.read
    try:
        verb(request.user, id)
    except Problem as problem:
        raise Http404(problem.detail) from None
    return redirect("inbox")


@login_required
@require_POST
def read_all(request: PersonRequest) -> HttpResponse:
    reading.read_all(request.user)
    return redirect("inbox")


def _position() -> int | None:
    try:
        return shared_log().head()
    except LogAway:
        return None


def _days(items: list[dict[str, Any]], now: datetime) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """The items by the day they came on, as the page says them. `times.js` says them the same way."""
    for item in items:
        item["at"] = datetime.fromisoformat(item["created_at"])
        item["ago"] = _ago(item["at"], now)
        # A row from before a rule, or from the admin, may bear any URL; a script would run in this page.
        item["href"] = item["url"] if SAFE_URL.match(item["url"]) else ""
    days = groupby(items, lambda item: timezone.localdate(item["at"]))
    return [(day.isoformat(), _name(day, timezone.localdate(now)), list(some)) for day, some in days]


def _name(day: date, today: date) -> str:
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return formats.date_format(day, "l j F" if day.year == today.year else "j F Y")


def _ago(moment: datetime, now: datetime) -> str:
    minutes = (now - moment) // timedelta(minutes=1)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    return f"{timezone.localtime(moment):%H:%M}"
