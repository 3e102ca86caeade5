"""The API keys: the list, creating one, whose text is shown only once, and revoking one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Case, QuerySet, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from notifications.access import api_keys, audit, names
from notifications.access.roles import PERMISSIONS, StaffRequest, may, needs
from notifications.dashboard.pagination import page_of
from notifications.dashboard.parameters import row_id
from notifications.i18n import refusal, say
from notifications.models import ApiKey
from notifications.user_model import User


@dataclass(frozen=True, slots=True)
class Reach:
    """What a key may be given by the person who creates it: no more than they may do themselves.

    ``beyond`` are the scopes they cannot give. A key opens inboxes and rooms without an entry in the audit
    log, so giving that takes every role.
    """

    beyond: frozenset[str]
    opens_private: bool
    may_broadcast: bool

    @classmethod
    def of(cls, user: User) -> Reach:
        every_role = all(may(user, role) for role in PERMISSIONS)
        beyond = {"send"} if not may(user, "send") else set()
        # It decides who is in which group, and so who reads what.
        beyond |= {"people"} if not every_role else set()
        return cls(frozenset(beyond), every_role, may(user, "broadcast"))


@needs("manage")
@require_http_methods(["GET", "HEAD", "POST"])
def key_list(request: StaffRequest) -> HttpResponse:
    """The list; a POST creates a key, and only its response contains the text."""
    if request.method != "POST":
        return _page(request)
    form, reach = request.POST, Reach.of(request.user)
    name, asked = form.get("name", "").strip(), form.getlist("scope")
    scopes = [scope for scope in asked if scope not in reach.beyond]
    topics = [topic for text in form.get("topics", "").splitlines() if (topic := text.strip())]
    posted = {"name": name, "scopes": asked, "topics": form.get("topics", "")}
    if asked and not scopes:
        return _page(request, 403, asked=posted, problem=say("key_beyond_you"))
    opens, wide = reach.opens_private, reach.may_broadcast
    try:
        with transaction.atomic():
            text = api_keys.create(name, scopes, topics=topics, opens_private=opens, may_broadcast=wide)
            given = {"scopes": scopes, "topics": topics, "opens_private": opens, "may_broadcast": wide}
            audit.record(request, "make-key", name, **given)
    except api_keys.BadKey as bad:
        return _page(request, 422, asked=posted, problem=refusal(bad))
    left_out = ", ".join(scope for scope in asked if scope not in scopes)
    return _page(request, made={"name": name, "text": text, "left_out": left_out})


@needs("manage")
@require_POST
def revoke_key(request: StaffRequest, id: int) -> HttpResponse:
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
    return redirect("notifications:dashboard-keys")


def _page(request: StaffRequest, status: int = 200, **more: Any) -> HttpResponse:
    page = page_of(request, _keys(), ("ended", "-pk"), _ordering_keys)
    reach = Reach.of(request.user)
    scopes = [(scope, f"key_scope_{scope}", scope in reach.beyond) for scope in api_keys.SCOPES]
    addresses = names.addressed(topic for row in page.rows for topic in row.topics)
    listed = [(row, [addresses[topic] for topic in row.topics]) for row in page.rows]
    context = {"keys": listed, "page": page, "scopes": scopes, "reach": reach, **more}
    return render(request, "notifications/dashboard/keys.html", context, status=status)


def _keys() -> QuerySet[ApiKey]:
    """With ``ended``, by which revoked keys come last."""
    return ApiKey.objects.annotate(ended=Case(When(revoked_at=None, then=0), default=1))


def _ordering_keys(cursor: str) -> tuple[int, int]:
    key = get_object_or_404(ApiKey, pk=row_id(cursor))
    return int(key.revoked_at is not None), key.pk


paths = [
    path("keys/", key_list, name="dashboard-keys"),
    path("keys/<int:id>/revoke", revoke_key, name="dashboard-revoke-key"),
]
