"""The page on which a user enrols a second factor, renews recovery codes, or removes it."""

from __future__ import annotations

from base64 import b32encode
from typing import Any

import django_otp
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from notifications.access import audit, second_factor
from notifications.access.requests import PersonRequest
from notifications.i18n import say
from notifications.sign_in import attempts, reauthentication
from notifications.sign_in.views import too_many, wait_text


@never_cache
@login_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: PersonRequest) -> HttpResponse:
    if not second_factor.enabled():
        raise Http404
    enrolled = second_factor.enrolled(request.user)
    if enrolled and second_factor.required(request):
        return redirect(f"{reverse('verify')}?{urlencode({'next': request.get_full_path()})}")
    if request.method != "POST":
        return _show(request, enrolled)
    try:
        if not reauthentication.prove(request, request.POST.get("password", ""), code_too=False):
            return _show(request, enrolled, 422, refusal=say("password_wrong"))
    except attempts.TooManyAttempts as many:
        return too_many(_show(request, enrolled, refusal=wait_text(many)), many)
    act = request.POST.get("act")
    if not enrolled:
        return _enrol(request)
    if act == "codes":
        audit.record(request, "second-factor", request.user.get_username(), did="codes")
        return _show(request, True, codes=second_factor.renew(request.user))
    if act == "remove":
        second_factor.remove(request.user)
        audit.record(request, "second-factor", request.user.get_username(), did="removed")
        return redirect("second-factor")
    return _show(request, True)


def _enrol(request: PersonRequest) -> HttpResponse:
    made = second_factor.enrol(request.user, request.POST.get("code", ""))
    if made is None:
        return _show(request, False, 422, refusal=say("second_factor_wrong"))
    device, codes = made
    django_otp.login(request, device)
    audit.record(request, "second-factor", request.user.get_username(), did="enrolled")
    return _show(request, True, codes=codes)


def _show(request: PersonRequest, enrolled: bool, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "enrolled": enrolled,
        "next": _next(request),
        "demanded": second_factor.required(request),
        **more,
    }
    if not enrolled:
        device = second_factor.pending_device(request.user)
        key = b32encode(device.bin_key).decode()
        groups = " ".join(key[i : i + 4] for i in range(0, len(key), 4))
        context |= {"picture": second_factor.qr_code(device), "key": groups, "uri": device.config_url}
    return render(request, "notifications/second_factor.html", context, status=status)


def _next(request: HttpRequest) -> str:
    """The page to continue to; never on another site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return target if own else ""
