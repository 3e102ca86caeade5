"""The page on which a person chooses what reaches them. Its form needs no JavaScript."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub.problems import Problem
from notifications import access, words
from notifications import preferences as choices
from notifications.pages import PersonRequest


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: PersonRequest) -> HttpResponse:
    own = access.own_topics(request.user)
    known = choices.known(request.user, own)
    if request.method != "POST":
        return _page(request, known, saved="saved" in request.GET)
    wanted = _wanted(request)
    try:
        choices.put(request.user, own, wanted)
    except Problem as problem:
        asked: choices.Preferences = {
            "categories": {**known["categories"], **wanted["categories"]},
            "mandatory": known["mandatory"],
            "quiet_hours": wanted["quiet_hours"],
        }
        return _page(request, asked, problem=problem)
    return redirect(f"{reverse('preferences')}?saved=1")


def _wanted(request: PersonRequest) -> choices.Chosen:
    form = request.POST
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


def _page(
    request: PersonRequest,
    preference: choices.Preferences,
    *,
    problem: Problem | None = None,
    saved: bool = False,
) -> HttpResponse:
    quiet = preference["quiet_hours"]
    fixed = preference["mandatory"]
    context: dict[str, Any] = {
        "rows": [
            {
                "category": category,
                "name": category or words.say("no_category"),
                "mandatory": category in fixed,
                "ways": (("feed", "in_feed", choice["feed"]), ("toast", "in_toasts", choice["toast"])),
            }
            for category, choice in preference["categories"].items()
        ],
        "quiet": quiet,
        "hours": quiet or {"start": "22:00", "end": "07:00", "zone": settings.TIME_ZONE},
        "zones": choices.ZONES,
        "problem": problem,
        "saved": saved,
    }
    status = problem.status if problem else 200
    return render(request, "notifications/preferences.html", context, status=status)
