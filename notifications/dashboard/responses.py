"""What the pages that watch hand to their scripts, and how their acts are answered."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render

from hub import topics
from hub.log import LogAway
from hub.log.current import shared_log
from notifications import i18n
from notifications.access.roles import StaffRequest

HISTORY_S = 120  # that a chart shows
MAX_INSTANCE = 255  # characters of an instance's name

STATES = (
    "state_connecting",
    "state_live",
    "state_reconnecting",
    "state_offline",
    "state_degraded",
    "state_signed_out",
)


def texts(*keys: str) -> dict[str, str]:
    """What a page's script says, and the feed's states; for ``json_script``."""
    return {key: i18n.say(key) for key in (*STATES, *keys)}


def query(names: Iterable[str]) -> str:
    """The query of a feed of these staff topics alone."""
    return listening(topics.staff(name) for name in names)


def listening(wanted: Iterable[str]) -> str:
    """The query of a feed of these topics and not the reader's own."""
    return "?" + urlencode([("own", "0"), *(("topic", topic) for topic in wanted)])


def lately() -> str:
    """The position of two minutes ago: from there a feed repeats what others have listened to since."""
    try:
        return str(max(0, shared_log().head() - HISTORY_S * 1_000_000))  # they are microseconds
    except LogAway:
        return ""


def done(request: StaffRequest, text: str, back: str) -> HttpResponse:
    """Say that it is done: to the page's script, or on the page ``back`` leads to."""
    if _scripted(request):
        return JsonResponse({"said": text})
    messages.success(request, text)
    return HttpResponseRedirect(back)


def refused(request: StaffRequest, text: str, back: str, status: int = 422) -> HttpResponse:
    """Say why not, and what to do."""
    if _scripted(request):
        return JsonResponse({"detail": text}, status=status)
    context = {"text": text, "back": back}
    return render(request, "notifications/dashboard/refused.html", context, status=status)


def away(request: StaffRequest, back: str) -> HttpResponse:
    answer = refused(request, i18n.say("watch_log_away"), back, 503)
    answer["Retry-After"] = "5"
    return answer


def instance(request: StaffRequest) -> str:
    """The instance that a form names; raise `ValueError` with a sentence."""
    name = request.POST.get("instance", "").strip()
    if not 0 < len(name) <= MAX_INSTANCE or not name.isprintable():
        raise ValueError(i18n.say("watch_bad_instance"))
    return name


def _scripted(request: StaffRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"
