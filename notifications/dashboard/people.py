"""The people: search, and one person's details and preferences, which staff can change."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from hub import topics
from hub.errors import Problem
from notifications import user_model
from notifications.access import audit, endings, judge, names
from notifications.access.roles import StaffRequest, may, needs
from notifications.dashboard.pagination import page_of
from notifications.i18n import refusal, say
from notifications.inbox import counts, preference_rule, preference_views, preferences
from notifications.models import UNSAYABLE, Preference
from notifications.user_model import User


@needs("view")
@require_GET
def person_list(request: StaffRequest) -> HttpResponse:
    """By username; ``q`` is a prefix of it."""
    q = UNSAYABLE.sub("", request.GET.get("q", "")).strip()
    name = user_model.name_field()
    rows = user_model.users().filter(**{f"{name}__startswith": q})
    page = page_of(request, rows, (name,), _ordering_keys)
    return render(request, "notifications/dashboard/people.html", {"page": page, "q": q})


@needs("view")
@require_GET
def person_detail(request: StaffRequest, id: str) -> HttpResponse:
    return _page(request, _person(id))


@needs("manage")
@require_POST
def update_preferences(request: StaffRequest, id: str) -> HttpResponse:
    """Change a person's preferences by the same rules as they do; their open pages are notified."""
    user = _person(id)
    own = judge.own_topics(user)
    new = preference_views.posted(request.POST)
    try:
        with transaction.atomic():
            before = _chosen(user)
            preferences.put(user, own, new)
            name = user.get_username()
            detail = {"person": user_model.in_json(user.pk), "before": before, "after": _chosen(user)}
            audit.record(request, "change-preferences", name, **detail)
    except Problem as problem:
        return _page(request, user, new=new, problem=problem)
    messages.success(request, say("person_saved", name=user.get_username()))
    return redirect("notifications:dashboard-person", id=id)


@needs("manage")
@require_POST
def sign_out(request: StaffRequest, id: str) -> HttpResponse:
    """End every session and token of a person."""
    user = _person(id)
    with transaction.atomic():
        audit.record(request, "sign-out-everywhere", user.get_username(), person=user_model.in_json(user.pk))
        endings.end_all(user.pk)
    messages.success(request, say("person_was_signed_out", name=user.get_username()))
    return redirect("notifications:dashboard-person", id=id)


def _page(
    request: StaffRequest,
    user: User,
    *,
    new: preference_rule.Chosen | None = None,
    problem: Problem | None = None,
) -> HttpResponse:
    own = judge.own_labels(user)
    row = getattr(user, "notification_preference", None) or Preference()
    current = preferences.listed(user, list(own), preference_rule.of(row))
    form = preference_views.fields(preference_views.with_posted(current, new) if new else current)
    context: dict[str, Any] = {
        **form,
        "count": counts.of(user, list(own)),
        "groups": [own[topic].removeprefix(names.ADDRESS) for topic in own if topics.group_id(topic)],
        "manages": may(request.user, "manage"),
        "own": list(own.values()),
        "person": user,
        "problem": problem and refusal(problem),
        "sends": may(request.user, "send"),
    }
    status = problem.status if problem else 200
    return render(request, "notifications/dashboard/person.html", context, status=status)


def _person(id: str) -> User:
    key = user_model.key_in_path(id)
    if key is None:
        raise Http404("This is not the id of a user.")
    return get_object_or_404(user_model.users().select_related("notification_preference"), pk=key)


def _chosen(user: User) -> dict[str, Any]:
    chosen = preferences.chosen(user)
    return {"categories": chosen["categories"], "quiet_hours": chosen["quiet_hours"]}


def _ordering_keys(cursor: str) -> tuple[str]:
    user = user_model.users().filter(pk=user_model.key_of(cursor)).first()
    if user is None:
        raise Http404
    return (user.get_username(),)


paths = [
    path("people/", person_list, name="dashboard-people"),
    path("people/<id>/", person_detail, name="dashboard-person"),
    path("people/<id>/preferences", update_preferences, name="dashboard-choose"),
    path("people/<id>/sign-out", sign_out, name="dashboard-sign-out"),
]
