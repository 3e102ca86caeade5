"""The audit log: who did what to what, when, and from which address."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, path, reverse
from django.views.decorators.http import require_GET

from notifications import user_model
from notifications.access.audit import ACTS
from notifications.access.roles import StaffRequest, needs
from notifications.dashboard.pagination import page_of
from notifications.i18n import say
from notifications.models import UNSAYABLE, AuditEntry

# Actions, by what their target is.
SENDINGS = ("send", "test", "undo", "stop", "recall", "reschedule", "release")
ROOMS = ("close-room", "open-room")
MEMBERS = ("remove-person", "let-back")


@needs("view")
@require_GET
def audit_log(request: StaffRequest) -> HttpResponse:
    """Newest first. ``actor`` and ``act`` filter by the whole value, ``target`` by any part of it."""
    asked = {
        name: UNSAYABLE.sub("", request.GET.get(name, "")).strip() for name in ("actor", "act", "target")
    }
    rows = AuditEntry.objects.all()
    if asked["actor"]:
        rows = rows.filter(actor=asked["actor"])
    if asked["act"]:
        rows = rows.filter(act=asked["act"])
    if asked["target"]:
        rows = rows.filter(target__icontains=asked["target"])
    page = page_of(request, rows, ("-pk",))
    context = {
        "acts": [(act, _word(act)) for act in ACTS],
        "asked": asked,
        "entries": [_entry(entry) for entry in page.rows],
        "page": page,
    }
    return render(request, "notifications/dashboard/audit.html", context)


def _entry(entry: AuditEntry) -> dict[str, Any]:
    detail = entry.detail if isinstance(entry.detail, dict) else {}
    return {
        "row": entry,
        "word": _word(entry.act) if entry.act in ACTS else "",
        "target": _target(entry, detail),
        "link": _link(entry, detail),
        "detail": json.dumps(detail, ensure_ascii=False, indent=2) if detail else "",
    }


def _word(act: str) -> str:
    return f"did_{act.replace('-', '_')}"


def _target(entry: AuditEntry, detail: dict[str, Any]) -> str:
    """The target as people know it: the title of a sending, not its id."""
    if entry.act in SENDINGS:
        return f"{detail.get('title') or entry.target}"
    if entry.act in MEMBERS:
        return f"{entry.target}: {detail.get('person', '')}"
    if entry.act == "login-failed" and not entry.target:
        return say("audit_unknown_name")
    return entry.target


def _link(entry: AuditEntry, detail: dict[str, Any]) -> str:
    """The page of the target; empty if it has none."""
    try:
        if entry.act in SENDINGS:
            return reverse(
                "notifications:dashboard-sending", args=[UUID(f"{detail.get('sending') or entry.target}")]
            )
        if entry.act in ROOMS + MEMBERS:
            return reverse("notifications:dashboard-room", args=[entry.target])
        if entry.act == "change-preferences":
            return reverse("notifications:dashboard-person", args=[user_model.in_path(detail["person"])])
    except (KeyError, ValueError, NoReverseMatch):
        pass  # an entry of another format: shown as text
    return ""


paths = [path("audit/", audit_log, name="dashboard-audit")]
