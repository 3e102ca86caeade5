"""The URLs of the pages and of the API."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import include, path, re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from notifications import api
from notifications.api.refusals import missing
from notifications.inbox import preference_views
from notifications.inbox import views as inbox
from notifications.rooms import views as rooms
from notifications.sign_in import second_factor_views
from notifications.sign_in.views import SignIn, Verify, sign_out_everywhere

urlpatterns = [
    # First, for it is asked for most.
    path("api/", api.urls),
    re_path(r"^api(?:/|$)", missing),
    path("", inbox.inbox, name="inbox"),
    path("notifications/<uuid:id>/", inbox.notification, name="notification"),
    path("notifications/<uuid:id>/read", inbox.read, name="read"),
    path("notifications/<uuid:id>/archive", inbox.archive, name="archive"),
    path("notifications/read-all", inbox.read_all, name="read-all"),
    path("preferences/", preference_views.preferences, name="preferences"),
    path("rooms/", rooms.rooms, name="rooms"),
    path("rooms/<name>/", rooms.room, name="room"),
    path("accounts/login/", SignIn.as_view(), name="login"),
    path("accounts/verify/", never_cache(sensitive_post_parameters()(Verify.as_view())), name="verify"),
    path("accounts/second-factor/", second_factor_views.page, name="second-factor"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/logout-everywhere/", sign_out_everywhere, name="logout-everywhere"),
    path("dashboard/", include("notifications.dashboard.urls")),
]
