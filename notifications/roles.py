"""What staff may do: four permissions of Django's, which its admin gives to people and groups."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

Role = Literal["view", "send", "broadcast", "manage"]

PERMISSIONS: dict[Role, str] = {
    "view": "view_dashboard",
    "send": "send_notification",
    "broadcast": "broadcast_notification",
    "manage": "manage_hub",
}

View = Callable[..., HttpResponse]


class StaffRequest(HttpRequest):
    """What `needs` lets through."""

    user: User


def may(user: Any, role: Role) -> bool:
    """Whether this is staff, and has the role."""
    return bool(user.is_active and user.is_staff and user.has_perm(f"hub_notifications.{PERMISSIONS[role]}"))


def needs(role: Role) -> Callable[[View], View]:
    """A view for whoever has the role; a stranger signs in first, others are refused (403)."""

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def answer(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not may(request.user, role):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return answer

    return decorate
