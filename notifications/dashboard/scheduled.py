"""The scheduled and held sendings: rescheduling, sending now, releasing, recalling."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from hub import events
from hub.errors import Problem
from hub.support import transactions
from notifications import time_zones
from notifications.access import audit
from notifications.access.roles import StaffRequest, needs
from notifications.dashboard.forms import LocalTimeInput
from notifications.dashboard.pagination import page_of
from notifications.dashboard.parameters import uuid
from notifications.dashboard.sending_actions import permitted, withdraw
from notifications.i18n import refusal, say
from notifications.models import Notification, Sending
from notifications.sending import recalls
from notifications.sending import reschedule as times

MAX_HELD_LISTED = 50


class TimeForm(forms.Form):
    """The new time of a sending."""

    send_at = forms.DateTimeField(widget=LocalTimeInput())


@needs("view")
@require_GET
def scheduled(request: StaffRequest) -> HttpResponse:
    page = page_of(request, _waiting(), ("due_at", "pk"), _ordering_keys, parameter="after")
    held = list(_held()[: MAX_HELD_LISTED + 1]) if page.is_first else []
    context = {"held": held[:MAX_HELD_LISTED], "more_held": len(held) > MAX_HELD_LISTED, "page": page}
    return render(request, "notifications/dashboard/scheduled.html", context)


@needs("send")
@require_POST
def send_now(request: StaffRequest, id: UUID) -> HttpResponse:
    return _reschedule(request, id, timezone.now())


@needs("send")
@require_POST
def reschedule(request: StaffRequest, id: UUID) -> HttpResponse:
    """To a time in the form's ``zone``."""
    zone = time_zones.find(request.POST.get("zone", "UTC"))
    with timezone.override(zone):
        form = TimeForm(request.POST)
        form.full_clean()
    if not form.is_valid() or zone is None:
        messages.error(request, say("scheduled_bad_time"))
        return redirect("notifications:dashboard-scheduled")
    return _reschedule(request, id, form.cleaned_data["send_at"])


@needs("send")
@require_POST
def release(request: StaffRequest, id: UUID) -> HttpResponse:
    """Send a held sending as planned, or now if that time has passed."""
    sending = permitted(request, id)

    def act() -> None:
        times.release(id)
        audit.record(request, "release", id, title=sending.title, due_at=events.stamp(sending.due_at))

    try:
        transactions.run(act)
    except Problem as problem:
        messages.error(request, refusal(problem))
    else:
        messages.success(request, say("scheduled_released"))
    return redirect("notifications:dashboard-scheduled")


@needs("send")
@require_POST
def recall_held(request: StaffRequest, id: UUID) -> HttpResponse:
    """Recall a held sending, which no one has seen."""
    sending = permitted(request, id)
    if sending.held_at and withdraw(request, sending, "recall", recalls.recall_sending):
        messages.success(request, say("scheduled_recalled"))
    else:
        messages.error(request, say("refused_not_waiting"))
    return redirect("notifications:dashboard-scheduled")


def _reschedule(request: StaffRequest, id: UUID, due_at: datetime) -> HttpResponse:
    sending = permitted(request, id)

    def act() -> None:
        times.reschedule(id, due_at)
        detail = {"title": sending.title, "from": events.stamp(sending.due_at)}
        audit.record(request, "reschedule", id, **detail, to=events.stamp(due_at))

    try:
        transactions.run(act)
    except Problem as problem:
        messages.error(request, refusal(problem))
    else:
        messages.success(request, say("scheduled_changed"))
    return redirect("notifications:dashboard-scheduled")


def _held() -> QuerySet[Sending]:
    """The sendings of a revoked key, in the order they were planned in."""
    held = _current().filter(held_at__isnull=False)
    return held.order_by("due_at", "id").select_related("api_key")


def _waiting() -> QuerySet[Sending]:
    return _current().filter(due_at__gt=timezone.now(), held_at=None)


def _current() -> QuerySet[Sending]:
    """The sendings of which any row is not recalled."""
    rows = Notification.objects.filter(sending=OuterRef("pk"), recalled_at=None)
    return Sending.objects.filter(Exists(rows))


def _ordering_keys(cursor: str) -> tuple[datetime, UUID]:
    found = Sending.objects.filter(pk=uuid(cursor)).values_list("due_at", "pk").first()
    if found is None:
        raise Http404
    return found


paths = [
    path("scheduled/", scheduled, name="dashboard-scheduled"),
    path("scheduled/<uuid:id>/release", release, name="dashboard-release"),
    path("scheduled/<uuid:id>/recall", recall_held, name="dashboard-recall-held"),
    path("scheduled/<uuid:id>/now", send_now, name="dashboard-send-now"),
    path("scheduled/<uuid:id>/later", reschedule, name="dashboard-reschedule"),
]
