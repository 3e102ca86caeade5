from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, re_path, reverse

from hub.server import static_files


def inbox(request: HttpRequest) -> HttpResponse:
    """The shop's own page of that name, with the bell and a policy of its own."""
    answer = render(request, "base.html", {"inbox": reverse("inbox"), "hub": reverse("notifications:inbox")})
    answer["Content-Security-Policy"] = "default-src 'self'; img-src 'self' data:"
    return answer


urlpatterns = [
    path("inbox/", inbox, name="inbox"),
    path("plain/", lambda request: HttpResponse("plain"), name="rooms"),
    path("sign-in/", LoginView.as_view(template_name="sign-in.html"), name="sign-in"),
    path("sign-out/", LogoutView.as_view(next_page="sign-in"), name="logout"),
    path("admin/", admin.site.urls),
    re_path(r"^static/(?P<path>.+)$", static_files.serve),
    path("hub/", include("notifications.urls")),
]
