"""The page on which a person sets their preferences, and its form. It works without JavaScript."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from hub import topics
from hub.errors import Problem, Refusal
from notifications import i18n, time_zones
from notifications.access import judge, names, second_factor
from notifications.access.requests import PersonRequest
from notifications.inbox import preferences as stored
from notifications.inbox import topic_choices
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


CHOICES = {
    "follow": topic_choices.follow,
    "unfollow": topic_choices.unfollow,
    "mute": topic_choices.mute,
    "unmute": topic_choices.unmute,
}


@login_required
@require_POST
def choose_topic(request: PersonRequest) -> HttpResponse:
    """Follow or mute the posted topic, or no longer, and go back to the page on which the form was."""
    choice = CHOICES.get(request.POST.get("choice", ""))
    if choice is None:
        raise Http404("There is no such choice.")
    try:
        choice(request.user, request.POST.get("topic", "").strip())
    except Refusal as problem:
        current = stored.listed(request.user, judge.own_topics(request.user))
        return _page(request, current, problem=problem)
    next = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(next, {request.get_host()}, request.is_secure()):
        return HttpResponseRedirect(next)
    return redirect("notifications:preferences")


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


def _topic_lists(preference: Listed) -> list[dict[str, Any]]:
    """The topics that a person follows, and those that they mute, by name, with what ends it."""
    lists = (
        ("topics_followed", "unfollow", preference["followed_topics"]),
        ("topics_muted", "unmute", preference["muted_topics"]),
    )
    groups = names.groups(preference["muted_topics"])
    return [
        {
            "title": title,
            "choice": choice,
            "topics": [(topic, _topic_name(topic, groups.get(topic, ""))) for topic in found],
        }
        for title, choice, found in lists
    ]


def _topic_name(topic: str, group: str) -> str:
    if topic == topics.EVERYONE:
        return i18n.say("topic_everyone")
    return i18n.say("topic_group", group=group) if group else topic


def _page(
    request: PersonRequest,
    preference: Listed,
    *,
    problem: Refusal | None = None,
    saved: bool = False,
) -> HttpResponse:
    form = fields(preference)
    context = {
        **form,
        "topic_lists": _topic_lists(preference),
        # The script presets the browser's time zone where the person has none.
        "preset": problem is None and not form["quiet"],
        "problem": problem and i18n.refusal(problem),
        "saved": saved,
        "second_factor": second_factor.enabled(),
    }
    status = getattr(problem, "status", 422) if problem else 200
    return render(request, "notifications/preferences.html", context, status=status)
