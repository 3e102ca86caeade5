"""The URLs of the pages and of the API, for any prefix."""

from __future__ import annotations

from django.urls import include, path, re_path

from notifications import api
from notifications.api.refusals import missing
from notifications.demo import gallery_views
from notifications.inbox import preference_views
from notifications.inbox import views as inbox
from notifications.rooms import views as rooms

app_name = "notifications"
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
    path("preferences/topics", preference_views.choose_topic, name="topic-choice"),
    path("rooms/", rooms.rooms, name="rooms"),
    path("rooms/<name>/", rooms.room, name="room"),
    path("builds/<int:number>", gallery_views.build, name="demo-build"),
    path("demo/", include("notifications.demo.gallery_views")),
    path("dashboard/", include("notifications.dashboard.urls")),
]
