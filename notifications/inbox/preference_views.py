"""The page on which a person chooses what reaches them. Its form needs no JavaScript."""

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
from notifications import i18n
from notifications.access import judge, second_factor
from notifications.access.requests import PersonRequest
from notifications.inbox import preferences as choices


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: PersonRequest) -> HttpResponse:
    own = judge.own_topics(request.user)
    known = choices.known(request.user, own)
    if request.method != "POST":
        return _page(request, known, saved="saved" in request.GET)
    wanted = wanted_by(request.POST)
    try:
        choices.put(request.user, own, wanted)
    except Problem as problem:
        return _page(request, asked(known, wanted), problem=problem)
    return redirect(f"{reverse('preferences')}?saved=1")


def wanted_by(form: QueryDict) -> choices.Chosen:
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


def asked(known: choices.Preferences, wanted: choices.Chosen) -> choices.Preferences:
    """What a form that was refused shows again."""
    return {
        "categories": {**known["categories"], **wanted["categories"]},
        "mandatory": known["mandatory"],
        "quiet_hours": wanted["quiet_hours"],
    }


def fields(preference: choices.Preferences) -> dict[str, Any]:
    """What `choices.html` shows."""
    quiet = preference["quiet_hours"]
    fixed = preference["mandatory"]
    return {
        "rows": [
            {
                "category": category,
                "name": category or i18n.say("no_category"),
                "mandatory": category in fixed,
                "ways": (("feed", "in_feed", choice["feed"]), ("toast", "in_toasts", choice["toast"])),
            }
            for category, choice in preference["categories"].items()
        ],
        "quiet": quiet,
        "hours": quiet or {"start": "22:00", "end": "07:00", "zone": settings.TIME_ZONE},
        "zones": choices.ZONES,
    }


def _page(
    request: PersonRequest,
    preference: choices.Preferences,
    *,
    problem: Problem | None = None,
    saved: bool = False,
) -> HttpResponse:
    shown = fields(preference)
    preset = problem is None and not shown["quiet"]
    context = {**shown, "preset": preset, "problem": problem and i18n.refusal(problem), "saved": saved}
    context["second_factor"] = second_factor.on()
    status = problem.status if problem else 200
    return render(request, "notifications/preferences.html", context, status=status)
