"""The segments defined in code, and how many people are in one."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from notifications import user_model
from notifications.access.roles import StaffRequest, needs
from notifications.sending import audience
from notifications.sending import segments as registry


@needs("view")
@require_GET
def segment_list(request: StaffRequest) -> HttpResponse:
    """Counts only the segment in ``count``: one that a host defines may be slow."""
    counted = request.GET.get("count")
    people, sample = 0, []
    if counted is not None:
        try:
            members = registry.people(counted)
        except KeyError:
            raise Http404 from None
        people, name = members.count(), user_model.name_field()
        sample = list(members.order_by(name).values_list(name, flat=True)[: audience.SAMPLE_SIZE])
    context = {"segments": registry.known(), "counted": counted, "people": people, "sample": sample}
    return render(request, "notifications/dashboard/segments.html", context)


paths = [path("segments/", segment_list, name="dashboard-segments")]
