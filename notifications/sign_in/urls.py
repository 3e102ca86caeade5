"""The URLs of sign-in, for a service that is the hub alone: a project has its own."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from notifications.sign_in import second_factor_views
from notifications.sign_in.views import SignIn, Verify, sign_out_everywhere

urlpatterns = [
    path("login/", SignIn.as_view(), name="login"),
    path("verify/", never_cache(sensitive_post_parameters()(Verify.as_view())), name="verify"),
    path("second-factor/", second_factor_views.page, name="second-factor"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("logout-everywhere/", sign_out_everywhere, name="logout-everywhere"),
]
