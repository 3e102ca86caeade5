"""Draining an instance: its people are moved to the others, and it lets nobody in until it is undone."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from hub.log import LogAway
from hub.log.shared import shared_log
from hub.ops import orders
from notifications import words
from notifications.access import audit
from notifications.access.roles import StaffRequest, needs
from notifications.dashboard import live


@needs("manage")
@require_POST
def drain(request: StaffRequest) -> HttpResponse:
    return _order(request, draining=True)


@needs("manage")
@require_POST
def undrain(request: StaffRequest) -> HttpResponse:
    return _order(request, draining=False)


def _order(request: StaffRequest, *, draining: bool) -> HttpResponse:
    back = reverse("dashboard-connections")
    try:
        name = live.instance(request)
        with transaction.atomic():
            audit.record(request, "drain" if draining else "undrain", name)
            shared_log().append([orders.drain(name, draining)])
    except ValueError as bad:
        return live.refused(request, str(bad), back)
    except LogAway:
        return live.away(request, back)
    return live.done(
        request, words.say("watch_drain_done" if draining else "watch_undrain_done", name=name), back
    )


paths = [
    path("connections/drain", drain, name="dashboard-drain"),
    path("connections/undrain", undrain, name="dashboard-undrain"),
]
