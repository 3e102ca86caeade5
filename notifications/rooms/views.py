"""The pages of rooms: the list, and one by kind for each. Scripts do the live part."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import select_template
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from notifications.access import membership
from notifications.access.requests import PersonRequest
from notifications.i18n import say
from notifications.models import Room
from notifications.rooms import history, kinds, marks
from notifications.rooms.registry import of
from notifications.rooms.rows import text_of

MAX_MESSAGES_LISTED = 50  # of a chat
MAX_TURN_GAP = timedelta(minutes=5)  # between messages of one person that are shown together

# Colours and widths of a board: name, text key, and the value in a stroke.
COLOURS = (
    ("ink", "colour_ink", "#1a2030"),
    ("blue", "colour_blue", "#3552c4"),
    ("green", "colour_green", "#12703f"),
    ("amber", "colour_amber", "#c27a00"),
    ("red", "colour_red", "#bf2525"),
    ("violet", "colour_violet", "#8a35b5"),
)
WIDTHS = (("fine", "width_fine", 2), ("medium", "width_medium", 5), ("broad", "width_broad", 14))


@never_cache
@login_required
@require_GET
def rooms(request: PersonRequest) -> HttpResponse:
    """The list of rooms that this person may enter."""
    found = marks.unread([request.user.pk]).get(request.user.pk, ())
    unread = {one.room: one.unread for one in found}
    rooms = [{**_context(room), "unread": unread.get(room.name, 0)} for room in of(request.user)]
    return render(request, "notifications/rooms.html", {"rooms": rooms, "max_unread": marks.MAX_UNREAD})


@never_cache
@login_required
@require_GET
def room(request: PersonRequest, name: str) -> HttpResponse:
    """One room. A host project's own kind has a template of its name, or the plain page."""
    found = get_object_or_404(Room, name=name)
    if found.closed_at is not None:
        raise PermissionDenied(say("room_is_closed"))
    if not membership.may_enter(request.user, found):
        raise PermissionDenied
    page = select_template([f"notifications/rooms/{found.kind}.html", "notifications/rooms/plain.html"])
    context: dict[str, Any] = {
        "room": _context(found),
        "address": _address(request, found),
        "colours": COLOURS,
        "widths": WIDTHS,
    }
    if found.kind == "chat":
        context["turns"] = _turns(found)
        context["moderates"] = membership.moderates(str(request.user.pk))
        unread = marks.unread([request.user.pk], [found.pk]).get(request.user.pk, ())
        context["read"] = next((str(one.position) for one in unread if one.unread), "")
    return HttpResponse(page.render(context, request))


def _address(request: PersonRequest, room: Room) -> str:
    """The address of its WebSocket."""
    address = request.build_absolute_uri().replace("http", "ws", 1)
    if room.kind == kinds.Document.name:
        return f"{address.removesuffix(f'/rooms/{room.name}/')}/documents/{room.name}"
    return address


def _context(room: Room) -> dict[str, str]:
    # A host project's own kind has the icon and the texts of "other".
    known = room.kind if room.kind in kinds.NAMES else "other"
    return {
        "name": room.name,
        "kind": room.kind,
        "icon": f"room-{known}",
        "word": f"kind_{known}",
        "hint": f"kind_{known}_hint",
        "how": f"room_{known}_how",
    }


def _turns(room: Room) -> list[dict[str, Any]]:
    """The last messages, those of one person together: ``{"sender", "name", "at", "texts"}``."""
    rows = history.of_room(room.pk).order_by("-position")[:MAX_MESSAGES_LISTED]
    turns: list[dict[str, Any]] = []
    for row in reversed(rows):
        last = turns[-1] if turns else None
        if last is None or last["sender"] != row.sender or row.at - last["until"] > MAX_TURN_GAP:
            last = {"sender": row.sender, "name": row.name, "at": row.at, "until": row.at, "texts": []}
            turns.append(last)
        last["texts"].append(text_of(row.body))
        last["until"] = row.at
    return turns
