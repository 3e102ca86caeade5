"""What staff open every day: how the hub does now, what was sent last, and what is due next."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from notifications.access.roles import StaffRequest, may, needs
from notifications.dashboard import responses
from notifications.models import Notification, Sending

SENT = 8
DUE = 3


@needs("view")
@require_GET
def overview(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    standing = Exists(Notification.objects.filter(sending=OuterRef("pk"), recalled_at=None))
    sendings = Sending.objects.annotate(standing=standing)
    context = {
        "sent": sendings.order_by("-id")[:SENT],
        "due": sendings.filter(due_at__gt=now, held_at=None, standing=True).order_by("due_at", "id")[:DUE],
        "now": now,
        "sends": may(request.user, "send"),
        "query": responses.query(["instances"]),
        "position": responses.lately(),
        "live_words": responses.texts(
            "watch_live",
            "watch_draining",
            "watch_silent",
            "watch_deaf",
            "watch_per_s",
            "watch_ms",
            "watch_chart",
            "watch_chart_none",
        ),
    }
    return render(request, "notifications/dashboard/overview.html", context)


paths = [path("", overview, name="dashboard-overview")]
