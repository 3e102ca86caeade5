"""The rooms as staff see them: who is in, what was said last; closing one, and removing people."""

from __future__ import annotations

import json
import re
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from hub import topics
from notifications import i18n
from notifications.access import audit, users
from notifications.access.roles import StaffRequest, may, needs
from notifications.dashboard import audited_looks, responses
from notifications.models import ROOM_NAME, Line, Room
from notifications.rooms import registry as doors
from notifications.rooms.views import KINDS

A_PAGE = 50
LINES = 20
REMOVED = 50  # people shown


@needs("view")
@require_GET
def rooms(request: StaffRequest) -> HttpResponse:
    after = request.GET.get("after", "")
    if after and not re.fullmatch(ROOM_NAME, after):
        raise Http404("There is no such page of rooms.")
    found = Room.objects.select_related("group").annotate(named=Count("people")).order_by("name")
    some = list(found.filter(name__gt=after)[: A_PAGE + 1])
    context = {
        "rooms": [_row(room) for room in some[:A_PAGE]],
        "after": after,
        "next": some[A_PAGE - 1].name if len(some) > A_PAGE else "",
        "query": responses.query(["rooms"]),
        "live_words": responses.texts(),
    }
    return render(request, "notifications/dashboard/rooms.html", context)


@needs("view")
@require_GET
def room(request: StaffRequest, name: str) -> HttpResponse:
    found = _room(name, Room.objects.select_related("group").annotate(named=Count("people")))
    looks = audited_looks.sees_messages(request, found.pk)
    last = Line.objects.filter(room=found).order_by("-position")[:LINES] if looks else ()
    lines = list(last)[::-1]
    context = {
        "room": _row(found),
        "looks": looks,
        "lines": [{"name": line.name, "at": line.at, "text": _text(line.body)} for line in lines],
        "removed": found.removed.order_by("username").values_list("username", flat=True)[:REMOVED],
        "manages": may(request.user, "manage"),
        "query": responses.query([f"room-{found.pk}", *([f"lines-{found.pk}"] if looks else [])]),
        "live_words": responses.texts("watch_people_more", "watch_remove_named"),
    }
    return render(request, "notifications/dashboard/room.html", context)


@needs("manage")
@require_POST
def look(request: StaffRequest, name: str) -> HttpResponse:
    """At what is said there, which is for those who are in it."""
    audited_looks.begin_messages(request, _room(name))
    return redirect(_page(name))


@needs("manage")
@require_POST
def close(request: StaffRequest, name: str) -> HttpResponse:
    with transaction.atomic():
        doors.close(_room(name))
        audit.record(request, "close-room", name)
    return responses.done(request, i18n.say("watch_closed_done", name=name), _page(name))


@needs("manage")
@require_POST
def reopen(request: StaffRequest, name: str) -> HttpResponse:
    with transaction.atomic():
        doors.reopen(_room(name))
        audit.record(request, "open-room", name)
    return responses.done(request, i18n.say("watch_opened_done", name=name), _page(name))


@needs("manage")
@require_POST
def remove(request: StaffRequest, name: str) -> HttpResponse:
    found = _room(name)
    try:
        user = _person(request)
    except ValueError as bad:
        return responses.refused(request, str(bad), _page(name))
    with transaction.atomic():
        doors.remove(found, user)
        audit.record(request, "remove-person", name, person=user.get_username())
    return responses.done(request, i18n.say("watch_removed_done", name=user.get_username()), _page(name))


@needs("manage")
@require_POST
def let_back(request: StaffRequest, name: str) -> HttpResponse:
    found = _room(name)
    try:
        user = _person(request)
    except ValueError as bad:
        return responses.refused(request, str(bad), _page(name))
    with transaction.atomic():
        doors.let_back(found, user)
        audit.record(request, "let-back", name, person=user.get_username())
    return responses.done(request, i18n.say("watch_let_back_done", name=user.get_username()), _page(name))


def _room(name: str, rooms: Any = Room.objects) -> Room:
    found: Room | None = rooms.filter(name=name).first() if re.fullmatch(ROOM_NAME, name) else None
    if found is None:
        raise Http404("There is no such room.")
    return found


def _row(room: Any) -> dict[str, Any]:
    """As a template shows it; the room has been counted ``named`` people."""
    match room.audience:
        case Room.Audience.GROUP:
            audience = i18n.say("watch_for_group", name=room.group or "—")
        case Room.Audience.PEOPLE:
            audience = i18n.say("watch_for_people", n=room.named)
        case _:
            audience = i18n.say("watch_for_everyone")
    kind = room.kind if room.kind in KINDS else "other"
    return {
        "topic": topics.room(room.pk),
        "name": room.name,
        "kind": f"kind_{kind}",
        "audience": audience,
        "closed_at": room.closed_at,
    }


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)


def _person(request: StaffRequest) -> User:
    """Whom a form names; raise `ValueError` with a sentence."""
    name = request.POST.get("person", "").strip()
    user = users.named(name)
    if user is None:
        raise ValueError(i18n.say("watch_no_person", name=name[:80]))
    return user


def _page(name: str) -> str:
    return reverse("dashboard-room", args=[name])


paths = [
    path("rooms/", rooms, name="dashboard-rooms"),
    path("rooms/<name>/", room, name="dashboard-room"),
    path("rooms/<name>/look", look, name="dashboard-room-look"),
    path("rooms/<name>/close", close, name="dashboard-room-close"),
    path("rooms/<name>/open", reopen, name="dashboard-room-open"),
    path("rooms/<name>/remove", remove, name="dashboard-room-remove"),
    path("rooms/<name>/let-back", let_back, name="dashboard-room-let-back"),
]
