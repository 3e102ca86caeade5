"""What staff may do: four permissions of Django's, which its admin gives to people and groups."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, Literal

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from notifications.access import second_factor
from notifications.i18n import say

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


def of(people: Collection[int]) -> dict[int, frozenset[Role]]:
    """Of those of these people (by id) who are staff, the roles; in one query if none is, else in three."""
    staff = User.objects.filter(pk__in=people, is_active=True, is_staff=True)
    if settings.HUB_SECOND_FACTOR == "staff":
        staff = staff.filter(totpdevice__confirmed=True).distinct()
    bosses = dict(staff.values_list("pk", "is_superuser"))
    found: dict[int, set[Role]] = {id: set(PERMISSIONS) if boss else set() for id, boss in bosses.items()}
    named = {codename: role for role, codename in PERMISSIONS.items()}
    wanted = Permission.objects.filter(content_type__app_label="hub_notifications", codename__in=named)
    for way in ("user", "group__user") if found else ():
        for id, codename in wanted.filter(**{f"{way}__in": bosses}).values_list(way, "codename"):
            found[id].add(named[codename])
    return {id: frozenset(roles) for id, roles in found.items()}


def needs(role: Role) -> Callable[[View], View]:
    """A view for whoever has the role; a stranger signs in first, others are refused (403)."""

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def answer(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if request.user.is_staff and second_factor.owed(request):
                wanted = urlencode({"next": request.get_full_path()})
                return redirect(f"{reverse('second-factor')}?{wanted}")
            if not may(request.user, role):
                raise PermissionDenied(_lacks(role) if request.user.is_staff else "")
            return view(request, *args, **kwargs)

        return answer

    return decorate


def _lacks(role: Role) -> str:
    """What the page of the refusal says."""
    return say("role_lacks", role=say(f"role_{role}"))
