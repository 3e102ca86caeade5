"""The API keys: which there are, making one, whose text is shown once, and revoking one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from notifications import audit
from notifications import keys as api_keys
from notifications.dashboard.pager import page_of
from notifications.models import ApiKey
from notifications.roles import StaffRequest, needs
from notifications.words import refusal, say


@needs("manage")
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: StaffRequest) -> HttpResponse:
    """The list; on POST a new key, whose text this one answer bears."""
    if request.method != "POST":
        return _page(request)
    form = request.POST
    name, scopes = form.get("name", "").strip(), form.getlist("scope")
    topics = [line.strip() for line in form.get("topics", "").splitlines() if line.strip()]
    try:
        with transaction.atomic():
            text = api_keys.create(name, scopes, topics=topics)
            audit.record(request, "make-key", name, scopes=scopes, topics=topics)
    except api_keys.BadKey as bad:
        asked = {"name": name, "scopes": scopes, "topics": form.get("topics", "")}
        return _page(request, 422, asked=asked, problem=refusal(bad))
    return _page(request, made={"name": name, "text": text})


@needs("manage")
@require_POST
def revoke(request: StaffRequest, id: int) -> HttpResponse:
    key = get_object_or_404(ApiKey, pk=id)
    try:
        with transaction.atomic():
            api_keys.revoke(key.name)
            audit.record(request, "revoke-key", key.name)
        messages.success(request, say("key_was_revoked", name=key.name))
    except api_keys.BadKey as bad:
        messages.error(request, refusal(bad))
    return redirect("dashboard-keys")


def _page(request: StaffRequest, status: int = 200, **more: Any) -> HttpResponse:
    rows, older = page_of(request, _ordered(), _after)
    scopes = [(scope, f"key_scope_{scope}") for scope in api_keys.SCOPES]
    context = {"keys": rows, "older": older, "scopes": scopes, **more}
    return render(request, "notifications/dashboard/keys.html", context, status=status)


def _ordered() -> QuerySet[ApiKey]:
    """Those that work first, the newest first."""
    ended = ExpressionWrapper(Q(revoked_at__isnull=False), output_field=BooleanField())
    return ApiKey.objects.annotate(ended=ended).order_by("ended", "-pk")


def _after(rows: QuerySet[ApiKey], before: int) -> QuerySet[ApiKey]:
    last = rows.filter(pk=before).first()
    if last is None:
        raise Http404
    same = Q(ended=last.revoked_at is not None, pk__lt=before)
    return rows.filter(same if last.revoked_at else same | Q(ended=True))


paths = [
    path("keys/", keys, name="dashboard-keys"),
    path("keys/<int:id>/revoke", revoke, name="dashboard-revoke-key"),
]
