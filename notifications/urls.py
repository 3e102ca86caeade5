from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import include, path, re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from notifications import api
from notifications.api.refusals import missing
from notifications.inbox import pages, preference_page
from notifications.rooms import room_pages
from notifications.sign_in import second_factor_page
from notifications.sign_in.accounts import SignIn, Verify, sign_out_everywhere

urlpatterns = [
    # First, for it is asked for most.
    path("api/", api.urls),
    re_path(r"^api(?:/|$)", missing),
    path("", pages.inbox, name="inbox"),
    path("notifications/<uuid:id>/", pages.notification, name="notification"),
    path("notifications/<uuid:id>/read", pages.read, name="read"),
    path("notifications/<uuid:id>/archive", pages.archive, name="archive"),
    path("notifications/read-all", pages.read_all, name="read-all"),
    path("preferences/", preference_page.preferences, name="preferences"),
    path("rooms/", room_pages.rooms, name="rooms"),
    path("rooms/<name>/", room_pages.room, name="room"),
    path("accounts/login/", SignIn.as_view(), name="login"),
    path("accounts/verify/", never_cache(sensitive_post_parameters()(Verify.as_view())), name="verify"),
    path("accounts/second-factor/", second_factor_page.page, name="second-factor"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/logout-everywhere/", sign_out_everywhere, name="logout-everywhere"),
    path("dashboard/", include("notifications.dashboard.urls")),
]
