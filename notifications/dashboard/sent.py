"""The sendings: a list, and the progress of one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from notifications.access.roles import StaffRequest, may, needs
from notifications.dashboard import responses, sending_actions
from notifications.dashboard.pagination import page_of
from notifications.dashboard.parameters import uuid
from notifications.i18n import say
from notifications.models import Notification, Sending
from notifications.sending.audience import role
from notifications.tracking import progress, sending_state

TAGS = {
    "held": "warn",
    "waiting": "calm",
    "sending": "warn",
    "sent": "good",
    "stopped": "bad",
    "recalled": "bad",
    "failed": "bad",
}
# The funnel, by fields of `Progress`; each is a share of the first.
STEPS = ("people", "delivered", "acknowledged", "seen", "read", "clicked")
PERCENTILES = ("t50_ms", "t95_ms", "t99_ms")
# Why someone did not receive it, or saw no toast.
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
def sent_list(request: StaffRequest) -> HttpResponse:
    sendings = sending_state.annotated(Sending.objects.all())
    page = page_of(request, sendings, ("-pk",), lambda cursor: (uuid(cursor),))
    context = {
        "sendings": [(row, state := sending_state.of(row), TAGS[state]) for row in page.rows],
        "page": page,
    }
    return render(request, "notifications/dashboard/sent.html", context)


@needs("view")
@require_GET
def sending_detail(request: StaffRequest, id: UUID) -> HttpResponse:
    row = Notification.objects.select_related("sending").filter(sending=id).order_by("pk").first()
    found = progress.of(id) if row else None
    if row is None or row.sending is None or found is None:
        raise Http404
    now = timezone.now()
    left_s = max(0.0, (row.due_at - now).total_seconds())
    needed = role(["everyone"] if "everyone" in row.sending.to else [], found["people"])
    held = {reason: say(f"held_{reason}") for reason in REASONS}
    context = {
        "row": row,
        "sending": row.sending,
        "progress": found,
        "tag": TAGS[found["state"]],
        "left_s": left_s,
        "soon": left_s <= sending_actions.SOON_S,
        "may_act": may(request.user, "send") and may(request.user, needed),
        "steps": [(name, found[name], _percent(found[name], found["people"])) for name in STEPS],  # type: ignore[literal-required]
        "times": [(name, found[name]) for name in PERCENTILES],  # type: ignore[literal-required]
        "suppressed": [(held.get(reason, held["other"]), n) for reason, n in found["suppressed"].items()],
        "held": held,
        "recalled_at": found["recalled_at"] and datetime.fromisoformat(found["recalled_at"]),
        "query": responses.staff_query([f"sending-{id}"]),
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


def _percent(part: int, whole: int) -> int:
    return min(100, round(100 * part / whole)) if whole else 0


paths = [
    path("sent/", sent_list, name="dashboard-sent"),
    path("sent/<uuid:id>/", sending_detail, name="dashboard-sending"),
    *sending_actions.paths,
]
