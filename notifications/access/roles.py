"""Staff roles: four Django permissions, granted to users and groups in the admin."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, Literal

from django.contrib.auth.models import Permission
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from notifications import user_model
from notifications.access import second_factor
from notifications.i18n import say
from notifications.user_model import Key, User

Role = Literal["view", "send", "broadcast", "manage"]

PERMISSIONS: dict[Role, str] = {
    "view": "view_dashboard",
    "send": "send_notification",
    "broadcast": "broadcast_notification",
    "manage": "manage_hub",
}

View = Callable[..., HttpResponse]


class StaffRequest(HttpRequest):
    """A request behind `needs`: its user is staff and has the role."""

    user: User


def may(user: Any, role: Role) -> bool:
    """Whether this user is active staff and has the role."""
    permission = f"hub_notifications.{PERMISSIONS[role]}"
    return bool(user_model.is_active(user) and user_model.is_staff(user) and user.has_perm(permission))


def of(people: Collection[Key]) -> dict[Key, frozenset[Role]]:
    """By key, the roles of those of these people who are staff; one query if none is, else three.

    A model without Django's permissions has no staff here.
    """
    if not (people and user_model.has_field("is_staff") and user_model.has_permissions()):
        return {}
    staff = user_model.active_users().filter(pk__in=people, is_staff=True)
    if second_factor.needed():
        staff = staff.filter(totpdevice__confirmed=True).distinct()
    superuser = dict(staff.values_list("pk", "is_superuser"))
    found: dict[Key, set[Role]] = {
        key: set(PERMISSIONS) if all_roles else set() for key, all_roles in superuser.items()
    }
    named = {codename: role for role, codename in PERMISSIONS.items()}
    granted = Permission.objects.filter(content_type__app_label="hub_notifications", codename__in=named)
    for path in user_model.permission_paths() if found else ():
        for key, codename in granted.filter(**{f"{path}__in": superuser}).values_list(path, "codename"):
            found[key].add(named[codename])
    return {key: frozenset(roles) for key, roles in found.items()}


def needs(role: Role) -> Callable[[View], View]:
    """Decorates a view for people with the role; others sign in first, or are refused (403)."""

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def answer(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            staff = user_model.is_staff(request.user)
            if staff and second_factor.required(request):
                query = urlencode({"next": request.get_full_path()})
                return redirect(f"{reverse('second-factor')}?{query}")
            if not may(request.user, role):
                raise PermissionDenied(_lacks(role) if staff else "")
            return view(request, *args, **kwargs)

        return answer

    return decorate


def _lacks(role: Role) -> str:
    """The text of the 403 page."""
    return say("role_lacks", role=say(f"role_{role}"))
