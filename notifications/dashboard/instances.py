"""Draining an instance: its connections move to the others, and it accepts none until it is resumed."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from hub.log import LogAway
from hub.log.current import shared_log
from hub.ops import remote_commands
from notifications import i18n
from notifications.access import audit
from notifications.access.roles import StaffRequest, needs
from notifications.dashboard import responses


@needs("manage")
@require_POST
def drain(request: StaffRequest) -> HttpResponse:
    return _command(request, draining=True)


@needs("manage")
@require_POST
def undrain(request: StaffRequest) -> HttpResponse:
    return _command(request, draining=False)


def _command(request: StaffRequest, *, draining: bool) -> HttpResponse:
    back = reverse("notifications:dashboard-connections")
    try:
        name = responses.posted_instance(request)
        with transaction.atomic():
            audit.record(request, "drain" if draining else "undrain", name)
            shared_log().append([remote_commands.drain(name, draining)])
    except ValueError as bad:
        return responses.refused(request, str(bad), back)
    except LogAway:
        return responses.log_unavailable(request, back)
    return responses.done(
        request, i18n.say("watch_drain_done" if draining else "watch_undrain_done", name=name), back
    )


paths = [
    path("connections/drain", drain, name="dashboard-drain"),
    path("connections/undrain", undrain, name="dashboard-undrain"),
]
