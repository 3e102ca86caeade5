"""Parts of several pages: what they give their scripts, and how they answer an action."""

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

CHART_S = 120  # the time span of a chart
MAX_INSTANCE_NAME = 255  # characters

STATES = (
    "state_connecting",
    "state_live",
    "state_reconnecting",
    "state_offline",
    "state_degraded",
    "state_slow",
    "state_signed_out",
)


def texts(*keys: str) -> dict[str, str]:
    """The phrases a page's script needs, and those for the states of its feed; for ``json_script``."""
    return {key: i18n.say(key) for key in (*STATES, *keys)}


def staff_query(names: Iterable[str]) -> str:
    """The query string of a feed of these staff topics alone."""
    return feed_query(topics.staff(name) for name in names)


def feed_query(requested: Iterable[str]) -> str:
    """The query string of a feed of these topics, without the reader's own."""
    return "?" + urlencode([("own", "0"), *(("topic", topic) for topic in requested)])


def chart_position() -> str:
    """The log position from which a chart is filled; empty while the log is unavailable."""
    try:
        return str(max(0, shared_log().head() - CHART_S * 1_000_000))  # positions are microseconds
    except LogAway:
        return ""


def done(request: StaffRequest, text: str, back: str) -> HttpResponse:
    """Report success: to the page's script as ``message``, or on the page ``back`` redirects to."""
    if _by_script(request):
        return JsonResponse({"message": text})
    messages.success(request, text)
    return HttpResponseRedirect(back)


def refused(request: StaffRequest, text: str, back: str, status: int = 422) -> HttpResponse:
    """Report why an action was refused: to the page's script as ``detail``, or on a page of its own."""
    if _by_script(request):
        return JsonResponse({"detail": text}, status=status)
    context = {"text": text, "back": back}
    return render(request, "notifications/dashboard/refused.html", context, status=status)


def log_unavailable(request: StaffRequest, back: str) -> HttpResponse:
    response = refused(request, i18n.say("watch_log_away"), back, 503)
    response["Retry-After"] = "5"
    return response


def posted_instance(request: StaffRequest) -> str:
    """The name of an instance in a posted form. Raises `ValueError` with a sentence for the user."""
    name = request.POST.get("instance", "").strip()
    if not 0 < len(name) <= MAX_INSTANCE_NAME or not name.isprintable():
        raise ValueError(i18n.say("watch_bad_instance"))
    return name


def _by_script(request: StaffRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"
