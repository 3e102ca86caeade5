"""The rooms, for staff: who is in one, its latest messages; closing it, and removing people."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from hub import topics
from notifications import i18n, user_model
from notifications.access import audit, users
from notifications.access.roles import StaffRequest, may, needs
from notifications.dashboard import audited_looks, responses
from notifications.dashboard.pagination import page_of
from notifications.models import ROOM_NAME, Room, RoomMessage
from notifications.rooms import history, kinds, registry
from notifications.rooms.rows import text_of
from notifications.user_model import User

MAX_MESSAGES_LISTED = 20
MAX_REMOVED_LISTED = 50  # people


@needs("view")
@require_GET
def room_list(request: StaffRequest) -> HttpResponse:
    page = page_of(request, _rooms(), ("name",), _ordering_keys, parameter="after", cursor="name")
    context = {
        "rooms": [_item(room) for room in page.rows],
        "page": page,
        "query": responses.staff_query(["rooms"]),
        "live_words": responses.texts(),
    }
    return render(request, "notifications/dashboard/rooms.html", context)


@needs("view")
@require_GET
def room_detail(request: StaffRequest, name: str) -> HttpResponse:
    room = _room(name)
    sees_messages = audited_looks.may_see_messages(request, room.pk)
    kept = history.of_room(room.pk) if sees_messages else RoomMessage.objects.none()
    latest = kept.order_by("-position")[:MAX_MESSAGES_LISTED]
    messages = [{"name": row.name, "at": row.at, "text": text_of(row.body)} for row in latest]
    name_field = user_model.name_field()
    removed = room.removed.order_by(name_field).values_list(name_field, flat=True)
    context = {
        "room": _item(room),
        "sees_messages": sees_messages,
        "latest_messages": messages[::-1],
        "removed": removed[:MAX_REMOVED_LISTED],
        "manages": may(request.user, "manage"),
        "query": responses.staff_query([f"room-{room.pk}", *([f"lines-{room.pk}"] if sees_messages else [])]),
        "live_words": responses.texts("watch_people_more", "watch_remove_named"),
    }
    return render(request, "notifications/dashboard/room.html", context)


@needs("manage")
@require_POST
def show_messages(request: StaffRequest, name: str) -> HttpResponse:
    """View the messages, which are private to the room."""
    audited_looks.allow_messages(request, _room(name))
    return redirect(_url(name))


@needs("manage")
@require_POST
def close(request: StaffRequest, name: str) -> HttpResponse:
    with transaction.atomic():
        registry.close(_room(name))
        audit.record(request, "close-room", name)
    return responses.done(request, i18n.say("watch_closed_done", name=name), _url(name))


@needs("manage")
@require_POST
def reopen(request: StaffRequest, name: str) -> HttpResponse:
    with transaction.atomic():
        registry.reopen(_room(name))
        audit.record(request, "open-room", name)
    return responses.done(request, i18n.say("watch_opened_done", name=name), _url(name))


@needs("manage")
@require_POST
def remove_person(request: StaffRequest, name: str) -> HttpResponse:
    room = _room(name)
    try:
        user = _posted_person(request)
    except ValueError as bad:
        return responses.refused(request, str(bad), _url(name))
    with transaction.atomic():
        registry.remove(room, user)
        audit.record(request, "remove-person", name, person=user.get_username())
    return responses.done(request, i18n.say("watch_removed_done", name=user.get_username()), _url(name))


@needs("manage")
@require_POST
def readmit_person(request: StaffRequest, name: str) -> HttpResponse:
    room = _room(name)
    try:
        user = _posted_person(request)
    except ValueError as bad:
        return responses.refused(request, str(bad), _url(name))
    with transaction.atomic():
        registry.let_back(room, user)
        audit.record(request, "let-back", name, person=user.get_username())
    return responses.done(request, i18n.say("watch_let_back_done", name=user.get_username()), _url(name))


def _rooms() -> QuerySet[Room]:
    """With ``named``, the number of people a room is for by name."""
    return Room.objects.select_related("group").annotate(named=Count("people"))


def _ordering_keys(cursor: str) -> tuple[str]:
    if not re.fullmatch(ROOM_NAME, cursor):
        raise Http404("This is not the name of a room.")
    return (cursor,)


def _room(name: str) -> Room:
    found = _rooms().filter(name=name).first() if re.fullmatch(ROOM_NAME, name) else None
    if found is None:
        raise Http404("There is no such room.")
    return found


def _item(room: Any) -> dict[str, Any]:
    """One of `_rooms` as the templates show it."""
    match room.audience:
        case Room.Audience.GROUP:
            audience = i18n.say("watch_for_group", name=room.group or "—")
        case Room.Audience.PEOPLE:
            audience = i18n.say("watch_for_people", n=room.named)
        case _:
            audience = i18n.say("watch_for_everyone")
    kind = room.kind if room.kind in kinds.NAMES else "other"
    return {
        "topic": topics.room(room.pk),
        "name": room.name,
        "kind": f"kind_{kind}",
        "audience": audience,
        "closed_at": room.closed_at,
    }


def _posted_person(request: StaffRequest) -> User:
    """The person a posted form names. Raises `ValueError` with a sentence for the user."""
    name = request.POST.get("person", "").strip()
    user = users.named(name)
    if user is None:
        raise ValueError(i18n.say("watch_no_person", name=name[:80]))
    return user


def _url(name: str) -> str:
    return reverse("notifications:dashboard-room", args=[name])


paths = [
    path("rooms/", room_list, name="dashboard-rooms"),
    path("rooms/<name>/", room_detail, name="dashboard-room"),
    path("rooms/<name>/look", show_messages, name="dashboard-room-look"),
    path("rooms/<name>/close", close, name="dashboard-room-close"),
    path("rooms/<name>/open", reopen, name="dashboard-room-open"),
    path("rooms/<name>/remove", remove_person, name="dashboard-room-remove"),
    path("rooms/<name>/let-back", readmit_person, name="dashboard-room-let-back"),
]
