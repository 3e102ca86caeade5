"""The page tail. A stub."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from notifications.roles import StaffRequest, needs


@needs("manage")
@require_GET
def tail(request: StaffRequest) -> HttpResponse:
    return render(request, "notifications/dashboard/base.html")


paths = [path("tail/", tail, name="dashboard-tail")]
