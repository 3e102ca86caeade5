"""The page sent. A stub."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from notifications.roles import StaffRequest, needs


@needs("view")
@require_GET
def sent(request: StaffRequest) -> HttpResponse:
    return render(request, "notifications/dashboard/base.html")


@needs("view")
@require_GET
def sending(request: StaffRequest, **kwargs: Any) -> HttpResponse:
    return render(request, "notifications/dashboard/base.html")


paths = [
    path("sent/", sent, name="dashboard-sent"),
    path("sent/<uuid:id>/", sending, name="dashboard-sending"),
]
