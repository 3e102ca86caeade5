"""What was sent, and how far each sending has come."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from notifications.access.roles import StaffRequest, may, needs
from notifications.dashboard import responses, sending_actions
from notifications.dashboard.parameters import uuid
from notifications.i18n import say
from notifications.models import Notification, Sending
from notifications.sending.audience import role
from notifications.tracking import progress, sending_state

LIMIT = 50
TAGS = {
    "held": "warn",
    "waiting": "calm",
    "sending": "warn",
    "sent": "good",
    "stopped": "bad",
    "recalled": "bad",
    "failed": "bad",
}
# The steps of a sending, as `progress.of` names them; each is a part of the first.
STEPS = ("people", "delivered", "seen", "read", "clicked")
TIMES = ("t50_ms", "t95_ms", "t99_ms")
# Why it did not come to somebody, or not as a toast.
REASONS = (
    "muted",
    "toast-muted",
    "quiet-hours",
    "expired",
    "recalled",
    "replaced",
    "no-access",
    "storm",
    "other",
)


@needs("view")
@require_GET
def sent(request: StaffRequest) -> HttpResponse:
    rows = list(sending_state.annotated(_before(request))[: LIMIT + 1])
    context = {
        "sendings": [(row, state := sending_state.of(row), TAGS[state]) for row in rows[:LIMIT]],
        "older": rows[LIMIT - 1].pk if len(rows) > LIMIT else None,
        "paged": "before" in request.GET,
    }
    return render(request, "notifications/dashboard/sent.html", context)


@needs("view")
@require_GET
def sending(request: StaffRequest, id: UUID) -> HttpResponse:
    row = Notification.objects.select_related("sending").filter(sending=id).order_by("pk").first()
    told = progress.of(id) if row else None
    if row is None or row.sending is None or told is None:
        raise Http404
    now = timezone.now()
    left_s = max(0.0, (row.due_at - now).total_seconds())
    needed = role(["everyone"] if "everyone" in row.sending.to else [], told["people"])
    held = {reason: say(f"held_{reason}") for reason in REASONS}
    context = {
        "row": row,
        "sending": row.sending,
        "progress": told,
        "tag": TAGS[told["state"]],
        "left_s": left_s,
        "soon": left_s <= sending_actions.SOON_S,
        "may_act": may(request.user, "send") and may(request.user, needed),
        "steps": [(name, told[name], _percent(told[name], told["people"])) for name in STEPS],  # type: ignore[literal-required]
        "times": [(name, told[name]) for name in TIMES],  # type: ignore[literal-required]
        "suppressed": [(held.get(reason, held["other"]), n) for reason, n in told["suppressed"].items()],
        "held": held,
        "recalled_at": told["recalled_at"] and datetime.fromisoformat(told["recalled_at"]),
        "query": responses.query([f"sending-{id}"]),
        "tags": TAGS,
        "live_words": responses.texts(
            *(f"sending_{state}" for state in TAGS),
            *(f"sending_{state}_hint" for state in TAGS),
            "sending_s",
            "sending_ms",
            "sending_due_in",
        ),
    }
    return render(request, "notifications/dashboard/sending.html", context)


def _before(request: StaffRequest) -> QuerySet[Sending]:
    sendings, before = Sending.objects.order_by("-id"), request.GET.get("before")
    return sendings.filter(pk__lt=uuid(before)) if before else sendings


def _percent(part: int, whole: int) -> int:
    return min(100, round(100 * part / whole)) if whole else 0


paths = [
    path("sent/", sent, name="dashboard-sent"),
    path("sent/<uuid:id>/", sending, name="dashboard-sending"),
    *sending_actions.paths,
]
