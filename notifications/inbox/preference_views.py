"""The page on which a person sets their preferences, and its form. It works without JavaScript."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub.errors import Problem
from notifications import i18n, time_zones
from notifications.access import judge, second_factor
from notifications.access.requests import PersonRequest
from notifications.inbox import preferences as stored
from notifications.inbox.preference_rule import Chosen, Listed, Preferences


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: PersonRequest) -> HttpResponse:
    own = judge.own_topics(request.user)
    current = stored.listed(request.user, own)
    if request.method != "POST":
        return _page(request, current, saved="saved" in request.GET)
    new = posted(request.POST)
    try:
        stored.put(request.user, own, new)
    except Problem as problem:
        return _page(request, with_posted(current, new), problem=problem)
    return redirect(f"{reverse('notifications:preferences')}?saved=1")


def posted(form: QueryDict) -> Chosen:
    """The preferences in a posted form; the dashboard posts the same form for another person."""
    feed, toast = form.getlist("feed"), form.getlist("toast")
    return {
        "categories": {
            name: {"feed": name in feed, "toast": name in toast} for name in form.getlist("category")
        },
        "quiet_hours": {
            "start": form.get("start", ""),
            "end": form.get("end", ""),
            "zone": form.get("zone", ""),
        }
        if "quiet" in form
        else None,
    }


def with_posted(current: Listed, new: Chosen) -> Listed:
    """What the form shows again after it was refused."""
    categories = {**current["categories"], **new["categories"]}
    return {**current, "categories": categories, "quiet_hours": new["quiet_hours"]}


def fields(preference: Preferences) -> dict[str, Any]:
    """The context of the template `choices.html`."""
    quiet = preference["quiet_hours"]
    hours = quiet or {"start": "22:00", "end": "07:00", "zone": settings.TIME_ZONE}
    mandatory = preference["mandatory"]
    return {
        "rows": [
            {
                "category": category,
                "name": category or i18n.say("no_category"),
                "mandatory": category in mandatory,
                "ways": (("feed", "in_feed", choice["feed"]), ("toast", "in_toasts", choice["toast"])),
            }
            for category, choice in preference["categories"].items()
        ],
        "quiet": quiet,
        "hours": hours,
        "zones": sorted({*time_zones.CHOICES, hours["zone"]}),
    }


def _page(
    request: PersonRequest,
    preference: Preferences,
    *,
    problem: Problem | None = None,
    saved: bool = False,
) -> HttpResponse:
    form = fields(preference)
    context = {
        **form,
        # The script presets the browser's time zone where the person has none.
        "preset": problem is None and not form["quiet"],
        "problem": problem and i18n.refusal(problem),
        "saved": saved,
        "second_factor": second_factor.enabled(),
    }
    status = problem.status if problem else 200
    return render(request, "notifications/preferences.html", context, status=status)
