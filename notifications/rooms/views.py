"""The pages of the rooms: which there are, and each by its kind. Talking in one is the script's."""

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
from notifications.models import Line, Room
from notifications.rooms.registry import of

SHOWN = 50  # lines of a chat
TOGETHER = timedelta(minutes=5)  # within which the lines of one person are one turn

# A kind of the host's own has the icon and the words of "other".
KINDS = frozenset({"chat", "board", "auction", "device", "binary"})

# What a board is drawn with: name, word, and the value that a stroke bears.
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
    """Those that this person may enter."""
    mine = [_known(room) for room in of(request.user)]
    return render(request, "notifications/rooms.html", {"rooms": mine})


@never_cache
@login_required
@require_GET
def room(request: PersonRequest, name: str) -> HttpResponse:
    """A kind of the host's own brings a template of its name, or has the plain page."""
    found = get_object_or_404(Room, name=name)
    if found.closed_at is not None:
        raise PermissionDenied(say("room_is_closed"))
    if not membership.may_enter(request.user, found):
        raise PermissionDenied
    page = select_template([f"notifications/rooms/{found.kind}.html", "notifications/rooms/plain.html"])
    context: dict[str, Any] = {
        "room": _known(found),
        "address": request.build_absolute_uri().replace("http", "ws", 1),
        "colours": COLOURS,
        "widths": WIDTHS,
    }
    if found.kind == "chat":
        context["turns"] = _turns(found)
    return HttpResponse(page.render(context, request))


def _known(room: Room) -> dict[str, str]:
    known = room.kind if room.kind in KINDS else "other"
    return {
        "name": room.name,
        "kind": room.kind,
        "icon": f"room-{known}",
        "word": f"kind_{known}",
        "hint": f"kind_{known}_hint",
        "how": f"room_{known}_how",
    }


def _turns(room: Room) -> list[dict[str, Any]]:
    """The last lines, those of one person together: {sender, name, at, texts}."""
    lines = Line.objects.filter(room=room).order_by("-position")[:SHOWN]
    turns: list[dict[str, Any]] = []
    for line in reversed(lines):
        last = turns[-1] if turns else None
        if last is None or last["sender"] != line.sender or line.at - last["until"] > TOGETHER:
            last = {"sender": line.sender, "name": line.name, "at": line.at, "until": line.at, "texts": []}
            turns.append(last)
        last["texts"].append(line.body)
        last["until"] = line.at
    return turns
