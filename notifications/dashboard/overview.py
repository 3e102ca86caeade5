"""The overview: the instances right now, the latest sendings, and the next scheduled ones."""

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

SENT_LISTED = 8
SCHEDULED_LISTED = 3


@needs("view")
@require_GET
def overview(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    current = Exists(Notification.objects.filter(sending=OuterRef("pk"), recalled_at=None))
    sendings = Sending.objects.annotate(current=current)
    scheduled = sendings.filter(due_at__gt=now, held_at=None, current=True)
    context = {
        "sent": sendings.order_by("-id")[:SENT_LISTED],
        "due": scheduled.order_by("due_at", "id")[:SCHEDULED_LISTED],
        "now": now,
        "sends": may(request.user, "send"),
        "query": responses.staff_query(["instances"]),
        "position": responses.chart_position(),
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
