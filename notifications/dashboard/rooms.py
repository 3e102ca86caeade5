"""The page rooms. A stub."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from notifications.roles import StaffRequest, needs


@needs("view")
@require_GET
def rooms(request: StaffRequest) -> HttpResponse:
    return render(request, "notifications/dashboard/base.html")


@needs("view")
@require_GET
def room(request: StaffRequest, **kwargs: Any) -> HttpResponse:
    return render(request, "notifications/dashboard/base.html")


paths = [path("rooms/", rooms, name="dashboard-rooms"), path("rooms/<name>/", room, name="dashboard-room")]
