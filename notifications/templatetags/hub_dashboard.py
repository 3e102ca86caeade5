"""Template tags of the dashboard: its navigation, and what the user may do and see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import template
from django.template import Context
from django.urls import reverse

from notifications import user_model
from notifications.access.roles import Role, may
from notifications.i18n import say

register = template.Library()
register.filter("in_path", user_model.in_path)


@dataclass(frozen=True, slots=True)
class Page:
    """A page in the navigation, and the role that opens it."""

    name: str  # of its URL, after "dashboard-"
    role: Role
    icon: str

    @property
    def word(self) -> str:
        return f"nav_{self.name}"

    @property
    def url(self) -> str:
        return reverse(f"notifications:dashboard-{self.name}")


# By the phrase key for each group of links; the first has no heading.
GROUPS: tuple[tuple[str, tuple[Page, ...]], ...] = (
    ("", (Page("overview", "view", "dashboard"),)),
    (
        "notifications",
        (
            Page("compose", "send", "send"),
            Page("sent", "view", "sent"),
            Page("scheduled", "view", "scheduled"),
            Page("templates", "send", "template"),
            Page("segments", "view", "segment"),
            Page("why", "view", "question"),
        ),
    ),
    (
        "nav_live",
        (
            Page("connections", "view", "connections"),
            Page("tail", "manage", "tail"),
            Page("rooms", "view", "room-chat"),
            Page("runs", "view", "runs"),
        ),
    ),
    (
        "nav_administration",
        (
            Page("people", "view", "people"),
            Page("keys", "manage", "key"),
            Page("audit", "view", "audit"),
        ),
    ),
)


@register.simple_tag(takes_context=True)
def dashboard_pages(context: Context) -> dict[str, Any]:
    """``groups`` of the pages the user may open, and the page that is ``here``, if it is one of them."""
    request = context["request"]
    groups: list[tuple[str, Sequence[Page]]] = [
        (word, pages)
        for word, group in GROUPS
        if (pages := [page for page in group if may(request.user, page.role)])
    ]
    under = [p for _, pages in groups for p in pages if request.path.startswith(p.url)]
    return {"groups": groups, "here": max(under, key=lambda page: len(page.url), default=None)}


@register.simple_tag(takes_context=True)
def allowed(context: Context, role: Role) -> bool:
    """Whether the user has the role; False if nobody is signed in."""
    user = getattr(context.get("request"), "user", None)
    return user is not None and may(user, role)


@register.simple_tag(takes_context=True)
def may_read(context: Context, sending: Any) -> bool:
    """Whether to show the text of a sending: one to people by name takes the role to send or to manage."""
    user = context["user"]
    personal = all(str(address).startswith("user:") for address in sending.to)
    return not personal or may(user, "send") or may(user, "manage")


@register.simple_tag(takes_context=True)
def title_of(context: Context, sending: Any) -> str:
    """The title of a sending, or a placeholder if the user may not read it."""
    title: str = sending.title
    return title if may_read(context, sending) else say("title_hidden")
