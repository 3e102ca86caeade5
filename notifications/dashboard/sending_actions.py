"""Actions on a sending: undo, stop, recall."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from hub.support import transactions
from notifications.access import audit
from notifications.access.roles import StaffRequest, may, needs
from notifications.i18n import say
from notifications.models import UNSAYABLE, Notification, Sending
from notifications.sending import audience, recalls

SOON_S = 60  # this long before it is due the button says undo; earlier, cancel
MAX_REASON = 200  # characters


@needs("send")
@require_POST
def undo(request: StaffRequest, id: UUID) -> HttpResponse:
    """Cancel before it is due, when no one has seen it."""
    sending = permitted(request, id)
    if sending.due_at <= timezone.now():
        messages.error(request, say("undo_late"))
    else:
        withdraw(request, sending, "undo", recalls.recall_sending)
    return redirect("notifications:dashboard-sending", id=id)


@needs("send")
@require_POST
def stop(request: StaffRequest, id: UUID) -> HttpResponse:
    """Cancel the rows that are not published yet."""
    if not withdraw(request, permitted(request, id), "stop", recalls.stop, reason=_reason(request)):
        messages.error(request, say("stop_late"))
    return redirect("notifications:dashboard-sending", id=id)


@needs("send")
@require_POST
def recall(request: StaffRequest, id: UUID) -> HttpResponse:
    """Remove from every inbox and every open page."""
    withdraw(request, permitted(request, id), "recall", recalls.recall_sending, reason=_reason(request))
    return redirect("notifications:dashboard-sending", id=id)


@transactions.transactional
def withdraw(
    request: StaffRequest, sending: Sending, act: str, recall: Callable[[UUID, str, str], int], **detail: str
) -> int:
    """Recall rows of a sending, for the ``reason`` in ``detail``, and record that; return how many."""
    recalled = recall(sending.pk, request.user.get_username(), detail.get("reason", ""))
    if recalled:
        audit.record(request, act, sending.pk, title=sending.title, rows=recalled, **detail)
    return recalled


def permitted(request: StaffRequest, id: UUID) -> Sending:
    """The sending, if the user has the role that sending it takes. Raises `Http404` or `PermissionDenied`."""
    sending = get_object_or_404(Sending, pk=id)
    topics = set(Notification.objects.filter(sending=id).values_list("topic", flat=True))
    needed = audience.role(topics, audience.people(topics).count())
    if not may(request.user, needed):
        raise PermissionDenied(say("role_lacks", role=say(f"role_{needed}")))
    return sending


def _reason(request: StaffRequest) -> str:
    return UNSAYABLE.sub("", " ".join(request.POST.get("reason", "").split()))[:MAX_REASON]


paths = [
    path("sent/<uuid:id>/undo", undo, name="dashboard-undo"),
    path("sent/<uuid:id>/stop", stop, name="dashboard-stop"),
    path("sent/<uuid:id>/recall", recall, name="dashboard-recall"),
]
