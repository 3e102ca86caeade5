"""The API keys: which there are, making one, whose text is shown once, and revoking one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from notifications.access import api_keys, audit, names
from notifications.access.roles import PERMISSIONS, StaffRequest, may, needs
from notifications.dashboard.pagination import page_of
from notifications.i18n import refusal, say
from notifications.models import ApiKey


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a key may go that somebody makes: nowhere that they may not go themselves.

    Inboxes and rooms are opened by a key without a word in the audit log, so it takes every role.
    """

    beyond: frozenset[str]  # scopes that are not theirs to give
    opens_private: bool
    may_broadcast: bool

    @classmethod
    def of(cls, user: User) -> Reach:
        return cls(
            frozenset() if may(user, "send") else frozenset({"send"}),
            all(may(user, role) for role in PERMISSIONS),
            may(user, "broadcast"),
        )


@needs("manage")
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: StaffRequest) -> HttpResponse:
    """The list; on POST a new key, whose text this one answer bears."""
    if request.method != "POST":
        return _page(request)
    form, reach = request.POST, Reach.of(request.user)
    name, asked = form.get("name", "").strip(), form.getlist("scope")
    scopes = [scope for scope in asked if scope not in reach.beyond]
    topics = [line.strip() for line in form.get("topics", "").splitlines() if line.strip()]
    said = {"name": name, "scopes": asked, "topics": form.get("topics", "")}
    if asked and not scopes:
        return _page(request, 403, asked=said, problem=say("key_beyond_you"))
    opens, wide = reach.opens_private, reach.may_broadcast
    try:
        with transaction.atomic():
            text = api_keys.create(name, scopes, topics=topics, opens_private=opens, may_broadcast=wide)
            given = {"scopes": scopes, "topics": topics, "opens_private": opens, "may_broadcast": wide}
            audit.record(request, "make-key", name, **given)
    except api_keys.BadKey as bad:
        return _page(request, 422, asked=said, problem=refusal(bad))
    left_out = ", ".join(scope for scope in asked if scope not in scopes)
    return _page(request, made={"name": name, "text": text, "left_out": left_out})


@needs("manage")
@require_POST
def revoke(request: StaffRequest, id: int) -> HttpResponse:
    key = get_object_or_404(ApiKey, pk=id)
    try:
        with transaction.atomic():
            held = api_keys.revoke(key.name, request.user.get_username())
            audit.record(request, "revoke-key", key.name, held=held)
        messages.success(request, say("key_revoked", name=key.name))
        if held:
            messages.warning(request, say("key_left_scheduled", n=held))
    except api_keys.BadKey as bad:
        messages.error(request, refusal(bad))
    return redirect("dashboard-keys")


def _page(request: StaffRequest, status: int = 200, **more: Any) -> HttpResponse:
    rows, older = page_of(request, _ordered(), _after)
    reach = Reach.of(request.user)
    scopes = [(scope, f"key_scope_{scope}", scope in reach.beyond) for scope in api_keys.SCOPES]
    shown = names.addressed(topic for row in rows for topic in row.topics)
    listed = [(row, [shown[topic] for topic in row.topics]) for row in rows]
    context = {"keys": listed, "older": older, "scopes": scopes, "reach": reach, **more}
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
