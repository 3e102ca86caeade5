"""The pages of a person's inbox. They work without JavaScript, which only keeps them up to date."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from hub.errors import Problem
from hub.log import LogAway
from hub.log.current import shared_log
from notifications.access import judge
from notifications.access.requests import PersonRequest
from notifications.inbox import counts, listing, preference_rule, preferences, presentation, read_state
from notifications.inbox.filters import View


@never_cache
@login_required
@require_GET
def inbox(request: PersonRequest) -> HttpResponse:
    # Read before the rows: what is published from here on arrives by the feed, so nothing is missed.
    position = _position()
    own = judge.own_topics(request.user)
    preference = preferences.listed(request.user, own)
    muted = preference_rule.muted(preference["categories"], preference["muted_topics"])
    try:
        view = View.read(request.GET)
        items, older = listing.find(
            request.user, own, view.filter, category=view.category, q=view.q, before=view.before, muted=muted
        )
    except (ValueError, Problem) as error:
        raise Http404(str(error)) from None
    now = timezone.now()
    context = {
        "categories": sorted({*preference["categories"], view.category} - {""}),
        "count": counts.of(request.user, own),
        "days": presentation.days(items, preference, now),
        "older": older and view.url(before=UUID(older)),
        "pattern": presentation.row(presentation.PATTERN, preference, now),
        "position": position,
        "view": view,
    }
    return render(request, "notifications/inbox.html", context)


@never_cache
@login_required
@require_GET
def notification(request: PersonRequest, id: UUID) -> HttpResponse:
    """The permalink of one notification, archived and muted ones included. A visit changes nothing."""
    own = judge.own_topics(request.user)
    try:
        item = listing.one(request.user, own, id)
    except Problem as problem:
        raise Http404(problem.detail) from None
    preference = preferences.chosen(request.user)
    followed = preferences.followed(request.user, own)
    row = presentation.row(item, preference, timezone.now(), followed)
    return render(request, "notifications/notification.html", {"item": row})


@login_required
@require_POST
def read(request: PersonRequest, id: UUID) -> HttpResponse:
    verb = read_state.unread if request.POST.get("read") == "no" else read_state.read
    try:
        verb(request.user, id)
    except Problem as problem:
        raise Http404(problem.detail) from None
    return _back(request)


@login_required
@require_POST
def archive(request: PersonRequest, id: UUID) -> HttpResponse:
    verb = read_state.unarchive if request.POST.get("archive") == "no" else read_state.archive
    try:
        verb(request.user, id)
    except Problem as problem:
        raise Http404(problem.detail) from None
    return _back(request)


@login_required
@require_POST
def read_all(request: PersonRequest) -> HttpResponse:
    read_state.read_all(request.user)
    return _back(request)


def _back(request: PersonRequest) -> HttpResponse:
    """Redirect to the page the form was on, never to another site."""
    next = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(next, {request.get_host()}, request.is_secure()):
        return HttpResponseRedirect(next)
    return redirect("notifications:inbox")


def _position() -> int | None:
    try:
        return shared_log().head()
    except LogAway:
        return None
