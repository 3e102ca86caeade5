"""Handles CSRF failures like Django, and records those from another origin in the audit log."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.csrf import csrf_failure

from notifications.access import audit

FOREIGN = ("Origin checking failed", "Referer checking failed")  # beginnings of Django's reasons


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    if reason.startswith(FOREIGN):
        origin = request.headers.get("Origin") or request.headers.get("Referer", "")
        address = request.META.get("REMOTE_ADDR", "")
        audit.sample("refused-origin", origin[:200], address=address, path=request.path[:200])
    return csrf_failure(request, reason)
