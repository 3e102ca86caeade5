"""The page overview. A stub."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from notifications.roles import StaffRequest, needs


@needs("view")
@require_GET
def overview(request: StaffRequest) -> HttpResponse:
    return render(request, "notifications/dashboard/base.html")


paths = [path("", overview, name="dashboard-overview")]
