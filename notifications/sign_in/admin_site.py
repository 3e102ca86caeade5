"""Django's admin behind the hub's own sign-in."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache

from notifications.access import second_factor


class AdminSite(admin.AdminSite):
    """Requires the second factor where `HUB_SECOND_FACTOR` does, and has no sign-in page of its own."""

    site_header = site_title = "Notification hub"
    site_url: Any = reverse_lazy("notifications:dashboard-overview")  # of "View site"

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not second_factor.required(request)

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Redirect to the hub's sign-in, or to the second factor if that is missing."""
        index = reverse("admin:index")
        target = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
            target = index
        user: Any = request.user
        if not user.is_authenticated:
            return redirect_to_login(target)
        if self.has_permission(request):
            return redirect(target)
        if user.is_staff and second_factor.required(request):
            return redirect(f"{reverse('second-factor')}?{urlencode({'next': target})}")
        raise PermissionDenied
