"""The paths that Django serves; `hub.asgi` serves feeds, rooms, health and metrics."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path

from hub.server import error_responses, static_files

urlpatterns = [
    path("admin/", admin.site.urls),
    re_path(r"^static/(?P<path>.+)$", static_files.serve),
    path("accounts/", include("notifications.sign_in.urls")),
    path("", include("notifications.urls")),
]

handler400 = error_responses.bad_request
handler500 = error_responses.failed
