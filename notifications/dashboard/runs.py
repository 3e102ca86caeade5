"""The agent runs, for staff: those of now, those that ended last; stopping one."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from notifications import i18n
from notifications.access import audit
from notifications.access.roles import StaffRequest, may, needs
from notifications.dashboard import responses
from notifications.models import Run
from notifications.runs import lifecycle, overview


@needs("view")
@require_GET
def run_page(request: StaffRequest) -> HttpResponse:
    context = {
        "report": overview.report(),
        "manages": may(request.user, "manage"),
        "query": responses.staff_query(["runs"]),
        "live_words": responses.texts(*SCRIPT_WORDS),
    }
    return render(request, "notifications/dashboard/runs.html", context)


@needs("manage")
@require_POST
def stop(request: StaffRequest, id: UUID) -> HttpResponse:
    back = reverse("notifications:dashboard-runs")
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(pk=id).first()
        if run is None:
            raise Http404("There is no such run.")
        was_open = run.ended_at is None
        if was_open:
            lifecycle.end(run, Run.State.STOPPED, by=request.user.get_username())
            audit.record(request, "stop-run", id, owner=run.owner.get_username())
    if not was_open:
        return responses.refused(request, i18n.say("runs_over"), back, 409)
    return responses.done(request, i18n.say("runs_stopped_done"), back)


# The phrases of the page's script.
SCRIPT_WORDS = (
    "watch_s",
    "watch_min",
    "watch_h",
    "watch_d",
    "watch_failed",
    "runs_untitled",
    "runs_rate",
    "runs_of",
    "runs_queued",
    "runs_running",
    "runs_done",
    "runs_failed",
    "runs_stopped",
    "runs_lost",
    "runs_stop",
    "runs_stop_named",
    "runs_stop_sure",
    "runs_stop_hint",
)

paths = [
    path("runs/", run_page, name="dashboard-runs"),
    path("runs/<uuid:id>/stop", stop, name="dashboard-run-stop"),
]
