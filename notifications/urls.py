from __future__ import annotations

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path, re_path

from notifications import api, pages, preference_page, room_pages
from notifications.api.refusals import missing

login = LoginView.as_view(redirect_authenticated_user=True, extra_context={"demo": settings.HUB_DEMO})

urlpatterns = [
    path("", pages.inbox, name="inbox"),
    path("notifications/<uuid:id>/", pages.notification, name="notification"),
    path("notifications/<uuid:id>/read", pages.read, name="read"),
    path("notifications/<uuid:id>/archive", pages.archive, name="archive"),
    path("notifications/read-all", pages.read_all, name="read-all"),
    path("preferences/", preference_page.preferences, name="preferences"),
    path("rooms/", room_pages.rooms, name="rooms"),
    path("rooms/<name>/", room_pages.room, name="room"),
    path("accounts/login/", login, name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("dashboard/", include("notifications.dashboard.urls")),
    path("api/", api.urls),
    re_path(r"^api(?:/|$)", missing),
]
