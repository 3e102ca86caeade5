"""The crowds that are named in code, and who is in them now."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from notifications.access.roles import StaffRequest, needs
from notifications.sending import audience
from notifications.sending import segments as crowds


@needs("view")
@require_GET
def segments(request: StaffRequest) -> HttpResponse:
    """One is counted at a time, where it is asked for: a host's may be slow."""
    counted = request.GET.get("count")
    people, sample = 0, []
    if counted is not None:
        try:
            reached = crowds.people(counted)
        except KeyError:
            raise Http404 from None
        people = reached.count()
        sample = list(reached.order_by("username").values_list("username", flat=True)[: audience.SAMPLE])
    context = {"segments": crowds.known(), "counted": counted, "people": people, "sample": sample}
    return render(request, "notifications/dashboard/segments.html", context)


paths = [path("segments/", segments, name="dashboard-segments")]
