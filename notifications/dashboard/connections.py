"""The open connections of all instances. The page's script subscribes to those that match the filter."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from hub import topics
from hub.errors import Refusal
from hub.log import LogAway
from hub.log.current import shared_log
from hub.ops import connection_list, remote_commands
from notifications import i18n
from notifications.access import audit, names
from notifications.access.roles import StaffRequest, may, needs
from notifications.dashboard import instances, responses
from notifications.models import UNSAYABLE
from notifications.sending.errors import BadNotification
from notifications.sending.notify import notify

FILTERS = ("person", "topic", "kind", "address", "older_s")
KINDS = ("feed", "room")
AGES_S = (60, 600, 3600, 86_400)
MAX_AGE_S = 10**9
MAX_LABELS = 1000  # groups, and rooms; the topics of others are shown as they are


@needs("view")
@require_GET
def connection_page(request: StaffRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "").strip() for name in FILTERS}
    code, problem = "", ""
    try:
        code = connection_list.encode(**_filter(request.GET))
    except Refusal as bad:
        problem = i18n.refusal(bad)
    except ValueError as bad:
        problem = str(bad)
    context = {
        "asked": asked,
        "ages": _ages(asked["older_s"]),
        "filtered": any(asked.values()),
        "kinds": [(kind, f"watch_kind_{kind}") for kind in KINDS],
        "problem": problem,
        "query": responses.staff_query(["instances", *([f"connections-{code}"] if code else [])]),
        "sends": may(request.user, "send"),
        "manages": may(request.user, "manage"),
        "labels": names.all_labels(MAX_LABELS),
        "live_words": responses.texts(*SCRIPT_WORDS),
    }
    page = "notifications/dashboard/connections.html"
    return render(request, page, context, status=422 if problem else 200)


@needs("manage")
@require_POST
def disconnect(request: StaffRequest) -> HttpResponse:
    """Close one connection. The client reconnects if it still has access."""
    back = reverse("notifications:dashboard-connections")
    number, person = request.POST.get("number", ""), request.POST.get("person", "")
    try:
        name = responses.posted_instance(request)
        if not (_is_number(number) and 0 < len(person) <= 64 and person.isprintable()):
            raise ValueError(i18n.say("watch_bad_connection"))
        with transaction.atomic():
            audit.record(request, "disconnect", f"{name} #{number}", person=person)
            shared_log().append([remote_commands.disconnect(name, int(number), person)])
    except ValueError as bad:
        return responses.refused(request, str(bad), back)
    except LogAway:
        return responses.log_unavailable(request, back)
    return responses.done(request, i18n.say("watch_disconnect_done", number=number, name=name), back)


@needs("send")
@require_POST
def send_test(request: StaffRequest) -> HttpResponse:
    """Send one person a test notification."""
    back = reverse("notifications:dashboard-connections")
    address = f"user:{request.POST.get('person', '')}"
    try:
        with transaction.atomic():
            sender = request.user.get_username()
            rows = notify([address], i18n.say("watch_test_title"), category="test", sender=sender)
            audit.record(request, "test", address, sending=str(rows[0].sending_id))
    except BadNotification as bad:
        return responses.refused(request, i18n.refusal(bad), back)
    return responses.done(request, i18n.say("watch_test_done", name=address.removeprefix("user:")), back)


def _filter(form: QueryDict) -> dict[str, Any]:
    """The arguments of `connection_list.code`. Raises `Refusal`, or `ValueError` with a sentence."""
    asked: dict[str, Any] = {}
    for name in FILTERS:
        value = form.get(name, "").strip()
        if UNSAYABLE.search(value):
            raise ValueError(i18n.say("watch_bad_text"))
        if value:
            asked[name] = value
    if "topic" in asked:
        (asked["topic"],) = names.meant([asked["topic"]])
        if asked["topic"].startswith(names.ADDRESS):
            raise ValueError(i18n.say("refused_unknown_recipient", name=asked["topic"][:80]))
        topics.check(asked["topic"])
    if asked.get("kind", "feed") not in KINDS:
        raise ValueError(i18n.say("watch_bad_kind"))
    if "older_s" in asked:
        if not _is_number(asked["older_s"]) or int(asked["older_s"]) > MAX_AGE_S:
            raise ValueError(i18n.say("watch_bad_age"))
        asked["older_s"] = int(asked["older_s"])
    return asked


def _ages(asked: str) -> list[tuple[str, str]]:
    """The choices for the age, with the one in the query string."""
    ages = [(str(age), i18n.say(f"watch_older_{age}")) for age in AGES_S]
    if _is_number(asked) and asked not in dict(ages):
        ages.append((asked, i18n.say("watch_older_other", n=asked)))
    return ages


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


# The phrases of the page's scripts.
SCRIPT_WORDS = (
    "watch_live",
    "watch_draining",
    "watch_silent",
    "watch_up",
    "watch_deaf",
    "watch_ms",
    "watch_mb",
    "watch_waits",
    "watch_s",
    "watch_min",
    "watch_h",
    "watch_d",
    "watch_kind_feed",
    "watch_kind_room",
    "watch_more_topics",
    "watch_showing",
    "watch_waiting_rows",
    "watch_drain",
    "watch_undrain",
    "watch_drain_sure",
    "watch_drain_hint",
    "watch_undrain_sure",
    "watch_undrain_hint",
    "watch_drain_named",
    "watch_undrain_named",
    "watch_last_instance",
    "watch_disconnect",
    "watch_disconnect_sure",
    "watch_disconnect_hint",
    "watch_test",
    "watch_why",
    "watch_tail",
    "watch_about",
    "watch_failed",
)

paths = [
    path("connections/", connection_page, name="dashboard-connections"),
    path("connections/disconnect", disconnect, name="dashboard-disconnect"),
    path("connections/test", send_test, name="dashboard-test"),
    *instances.paths,
]
