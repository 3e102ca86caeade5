"""What is still to be sent: another time, now, or not at all."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from hub import events
from hub.errors import Problem
from notifications.access import audit
from notifications.access.roles import StaffRequest, needs
from notifications.dashboard.forms import Local
from notifications.dashboard.parameters import uuid
from notifications.dashboard.sending_actions import theirs
from notifications.i18n import refusal, say
from notifications.inbox.preference_rule import ZONES
from notifications.models import Notification, Sending
from notifications.sending import recalls
from notifications.sending.reschedule import release as releasing
from notifications.sending.reschedule import reschedule

LIMIT = 50


class Time(forms.Form):
    send_at = forms.DateTimeField(widget=Local())


@needs("view")
@require_GET
def scheduled(request: StaffRequest) -> HttpResponse:
    rows = list(_after(request)[: LIMIT + 1])
    held = [] if "after" in request.GET else list(_held().select_related("api_key")[: LIMIT + 1])
    context = {
        "held": held[:LIMIT],
        "more_held": len(held) > LIMIT,
        "sendings": rows[:LIMIT],
        "later": rows[LIMIT - 1].pk if len(rows) > LIMIT else None,
        "paged": "after" in request.GET,
    }
    return render(request, "notifications/dashboard/scheduled.html", context)


@needs("send")
@require_POST
def now(request: StaffRequest, id: UUID) -> HttpResponse:
    return _at(request, id, timezone.now())


@needs("send")
@require_POST
def release(request: StaffRequest, id: UUID) -> HttpResponse:
    """What was held: when it was planned, or now."""
    sending = theirs(request, id)
    try:
        with transaction.atomic():
            releasing(id)
            audit.record(request, "release", id, title=sending.title, due_at=events.stamp(sending.due_at))
    except Problem as problem:
        messages.error(request, refusal(problem))
    else:
        messages.success(request, say("scheduled_released"))
    return redirect("dashboard-scheduled")


@needs("send")
@require_POST
def recall(request: StaffRequest, id: UUID) -> HttpResponse:
    """What was held: nobody will see it."""
    sending = theirs(request, id)
    with transaction.atomic():
        taken = recalls.recall_sending(id, request.user.get_username(), "") if sending.held_at else 0
        if taken:
            audit.record(request, "recall", id, title=sending.title, rows=taken)
    if taken:
        messages.success(request, say("scheduled_recalled"))
    else:
        messages.error(request, say("refused_not_waiting"))
    return redirect("dashboard-scheduled")


@needs("send")
@require_POST
def later(request: StaffRequest, id: UUID) -> HttpResponse:
    """At another time, on the clocks of the form's ``zone``."""
    zone = request.POST.get("zone", "UTC")
    with timezone.override(ZoneInfo(zone if zone in ZONES else "UTC")):
        form = Time(request.POST)
        form.full_clean()
    if not form.is_valid() or zone not in ZONES:
        messages.error(request, say("scheduled_bad_time"))
        return redirect("dashboard-scheduled")
    return _at(request, id, form.cleaned_data["send_at"])


def _at(request: StaffRequest, id: UUID, due_at: datetime) -> HttpResponse:
    sending = theirs(request, id)
    try:
        with transaction.atomic():
            reschedule(id, due_at)
            detail = {"title": sending.title, "from": events.stamp(sending.due_at)}
            audit.record(request, "reschedule", id, **detail, to=events.stamp(due_at))
    except Problem as problem:
        messages.error(request, refusal(problem))
    else:
        messages.success(request, say("scheduled_changed"))
    return redirect("dashboard-scheduled")


def _held() -> QuerySet[Sending]:
    """Those that wait for a decision, the first that were planned first."""
    standing = Notification.objects.filter(sending=OuterRef("pk"), recalled_at=None)
    return Sending.objects.filter(Exists(standing), held_at__isnull=False).order_by("due_at", "id")


def _after(request: StaffRequest) -> QuerySet[Sending]:
    """Those that wait, the soonest first."""
    standing = Notification.objects.filter(sending=OuterRef("pk"), recalled_at=None)
    waiting = Sending.objects.filter(Exists(standing), due_at__gt=timezone.now(), held_at=None)
    waiting = waiting.order_by("due_at", "id")
    after = request.GET.get("after")
    if not after:
        return waiting
    last = get_object_or_404(Sending, pk=uuid(after))
    return waiting.filter(Q(due_at__gt=last.due_at) | Q(due_at=last.due_at, pk__gt=last.pk))


paths = [
    path("scheduled/", scheduled, name="dashboard-scheduled"),
    path("scheduled/<uuid:id>/release", release, name="dashboard-release"),
    path("scheduled/<uuid:id>/recall", recall, name="dashboard-recall-held"),
    path("scheduled/<uuid:id>/now", now, name="dashboard-send-now"),
    path("scheduled/<uuid:id>/later", later, name="dashboard-reschedule"),
]
