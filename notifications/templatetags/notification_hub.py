"""Template tags for any page: the bell, the toasts, the unread count, and phrases in the user's language."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.shortcuts import resolve_url
from django.template import Context

from hub.support import mount
from notifications import i18n
from notifications.access import judge
from notifications.inbox import counts
from notifications.user_model import User

register = template.Library()
register.simple_tag(mount.prefix, name="prefix")
register.simple_tag(i18n.say, name="say")
register.simple_tag(i18n.language, name="language")
register.simple_tag(i18n.direction, name="direction")


@register.simple_tag
def sign_in_url() -> str:
    """The page of the project on which people sign in."""
    return resolve_url(settings.LOGIN_URL)


@register.simple_tag(takes_context=True)
def unread_count(context: Context) -> int:
    """The unread notifications of the signed-in user; 0 if nobody is signed in."""
    user = _reader(context)
    return counts.of(user, judge.own_topics(user))["unread"] if user else 0


@register.inclusion_tag("notifications/bell.html", takes_context=True)
def notification_bell(context: Context) -> dict[str, Any]:
    """The bell of the signed-in user: a link to the inbox until its script has loaded."""
    user = _reader(context)
    if user is None:
        return {"user": None}
    count = context.get("count") or counts.of(user, judge.own_topics(user))
    return {"hub": mount.prefix(), "user": user, "count": count, "position": context.get("position")}


@register.inclusion_tag("notifications/toasts.html", takes_context=True)
def notification_toasts(context: Context) -> dict[str, Any]:
    """The toasts of the signed-in user, in a corner of the page."""
    return {"hub": mount.prefix(), "user": _reader(context)}


@register.inclusion_tag("notifications/scripts.html")
def notification_scripts() -> dict[str, Any]:
    """The scripts of the bell and the toasts, for the page's head."""
    return {}


def _reader(context: Context) -> User | None:
    user = getattr(context.get("request"), "user", None)
    return user if isinstance(user, User) else None
