"""Sign-in: username and password, then the second factor of users who have one."""

from __future__ import annotations

import time
from typing import Any

import django_otp
from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, RedirectURLMixin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views import View
from django.views.decorators.http import require_POST

from notifications import user_model
from notifications.access import audit, endings, second_factor, sessions
from notifications.i18n import say
from notifications.sign_in import attempts
from notifications.user_model import MAX_NAME, User

PENDING = "hub.pending"  # session key, after the password and before the code
PENDING_S = 600


class SignInForm(AuthenticationForm):
    """Django's form, with `attempts` counted; raises `TooManyAttempts`."""

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username")
        if name is None or not self.cleaned_data.get("password"):
            return super().clean()
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        attempt = attempts.begin("password", name, address)
        try:
            data = super().clean()
        except ValidationError:
            attempt.failed()
            raise
        attempt.succeeded()
        return data


class SignIn(LoginView):
    """Username and password; continues at `Verify` for users with a second factor."""

    authentication_form = SignInForm
    redirect_authenticated_user = True
    extra_context = {"demo": settings.HUB_DEMO}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except attempts.TooManyAttempts as many:
            form = self.authentication_form(initial={"username": request.POST.get("username", "")[:MAX_NAME]})
            return too_many(
                self.render_to_response(self.get_context_data(form=form, refusal=wait_text(many))), many
            )

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user: User = form.get_user()
        if not second_factor.enrolled(user):
            return super().form_valid(form)
        # Not signed in yet: until the code is given, no page, feed or room accepts this session.
        self.request.session.cycle_key()
        pending = {
            "user": user_model.in_json(user.pk),
            "stamp": user.get_session_auth_hash(),
            "at": time.time(),
        }
        self.request.session[PENDING] = {**pending, "backend": getattr(user, "backend", "")}
        return redirect(f"{reverse('verify')}?{urlencode({'next': self.get_redirect_url()})}")


class Verify(RedirectURLMixin, View):
    """The code of a user who has given their password, or who was signed in before they had to give one."""

    next_page = settings.LOGIN_REDIRECT_URL
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        if _pending_user(request) is None:
            return redirect(f"{reverse('login')}?{urlencode({'next': self.get_redirect_url()})}")
        return self._page()

    def post(self, request: HttpRequest) -> HttpResponse:
        user = _pending_user(request)
        if user is None:
            return redirect(f"{reverse('login')}?{urlencode({'next': self.get_redirect_url()})}")
        address = request.META.get("REMOTE_ADDR", "")
        try:
            attempt = attempts.begin("code", user.get_username(), address)
        except attempts.TooManyAttempts as many:
            return too_many(self._page(refusal=wait_text(many)), many)
        device = second_factor.verify(user, request.POST.get("code", ""))
        if device is None:
            attempt.failed()
            audit.sample("login-failed", user.get_username(), address=address, second_factor="wrong code")
            return self._page(refusal=say("second_factor_wrong"))
        attempt.succeeded()
        pending = request.session.pop(PENDING, None)
        if pending is None:
            django_otp.login(request, device)
        else:
            setattr(user, "otp_device", device)  # noqa: B010  # what django-otp looks for
            login(request, user, pending["backend"])
        return HttpResponseRedirect(self.get_success_url())

    def _page(self, **more: Any) -> HttpResponse:
        context = {"next": self.get_redirect_url(), **more}
        return render(self.request, "registration/verify.html", context)


@login_required
@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End every session and token of the user, this session included."""
    user: Any = request.user
    with transaction.atomic():
        audit.record(request, "sign-out-everywhere", user.get_username(), person=user_model.in_json(user.pk))
        endings.end_all(user.pk)
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


def wait_text(many: attempts.TooManyAttempts) -> str:
    """How long to wait, for the page."""
    if many.seconds > 90:
        return say("attempts_wait_min", n=-(-many.seconds // 60))
    return say("attempts_wait_s", n=many.seconds)


def too_many(page: Any, many: attempts.TooManyAttempts) -> HttpResponse:
    """The page as a 429 with ``Retry-After``."""
    page.status_code = 429
    page.headers["Retry-After"] = str(many.seconds)
    response: HttpResponse = page
    return response


def _pending_user(request: HttpRequest) -> User | None:
    """The user whose code this page asks for."""
    user: Any = request.user
    if user.is_authenticated:
        return user if second_factor.enrolled(user) else None
    pending = request.session.get(PENDING)
    if not pending or not time.time() - PENDING_S < pending["at"] <= time.time() + 60:
        return None
    found = user_model.active_users().filter(pk=user_model.key_of(str(pending["user"]))).first()
    return found if found is not None and sessions.hash_matches(found, pending["stamp"]) else None
